"""Anybody may type anybody's address into a guest order: that changes nothing for whoever owns it (C16)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.storefront.conftest import Front
from webshop_segments.consent import suppression, tokens
from webshop_segments.consent.tokens import Link
from webshop_segments.directory.people import PersonKey
from webshop_segments.errors import Refused

pytestmark = pytest.mark.rule("C16")


def order_with(front: Front, address: str) -> dict[str, Any]:
    return front.submit("guest_checkout", email=address, consent_email="1")


def reason(front: Front, address: str) -> str | None:
    key = front.shop.plugin.keys.address_key("email", address)
    return suppression.reason_of(front.shop.session, "email", key)


def unsubscribe(front: Front, customer: Any) -> None:
    keys = front.shop.plugin.keys
    link = Link(PersonKey("contact", str(customer.id)), "email", keys.address_key("email", customer.email))
    front.post(f"/marketing/u/{tokens.unsubscribe_token(keys, link)}")


def test_the_account_holders_consent_stays_as_it_is(front: Front) -> None:
    agreed = front.shop.agreed("ada@example.com")
    silent = front.shop.customer("bob@example.com")

    order_with(front, "Ada@Example.com")
    order_with(front, "bob@example.com")

    assert front.statuses(agreed) == {"email": "granted"}
    assert front.statuses(silent) == {}


def test_an_unsubscribed_address_stays_silent_until_its_owner_confirms(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    unsubscribe(front, customer)

    order_with(front, "ada@example.com")
    link = front.confirmation_link()
    assert reason(front, "ada@example.com") == suppression.WITHDRAWN
    with pytest.raises(Refused, match="none of the chosen people has agreed"):
        front.shop.send(front.shop.newsletter())

    front.post(link)
    assert reason(front, "ada@example.com") is None
    assert front.statuses(customer) == {"email": "withdrawn"}


def test_only_the_guest_herself_is_subscribed_by_the_confirmation(front: Front) -> None:
    order_with(front, "gus@example.com")
    front.post(front.confirmation_link())

    guest = front.records[-1].evidence
    assert guest is not None
    assert (guest.person_kind, guest.address) == ("subscriber", "gus@example.com")
    assert front.statuses(PersonKey("subscriber", str(guest.person_ref))) == {"email": "granted"}


def test_a_guests_consent_survives_somebody_elses_order_with_her_address(front: Front) -> None:
    order_with(front, "gus@example.com")
    front.post(front.confirmation_link())
    evidence = front.records[-1].evidence
    assert evidence is not None
    front.shop.publish("email")

    order_with(front, "gus@example.com")

    assert front.statuses(PersonKey("subscriber", str(evidence.person_ref))) == {"email": "granted"}
