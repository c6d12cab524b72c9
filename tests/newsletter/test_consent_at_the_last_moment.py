"""A withdrawal works at once, also for a dispatch that is running (C41, E14)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.shops import ANNA, Shop
from webshop_segments import Accepted, Message
from webshop_segments.channel import Outcome
from webshop_segments.consent import choices, suppression
from webshop_segments.directory.people import PersonKey
from webshop_segments.newsletter.models import Delivery


def _reason(shop: Shop, customer: object) -> tuple[str, str]:
    ref = str(customer.id)  # type: ignore[attr-defined]
    row = shop.session.scalars(select(Delivery).where(Delivery.person_ref == ref)).one()
    return row.status, row.reason


@pytest.mark.rule("C41")
def test_who_withdraws_while_the_dispatch_runs_gets_nothing(shop: Shop) -> None:
    shop.publish()
    first, last = shop.agreed("first@example.com"), shop.agreed("last@example.com")
    shop.send(shop.newsletter(), control_copy=False)
    shop.email.window = 1

    def withdraw_the_other(message: Message) -> Outcome:
        choices.withdraw(shop.session, PersonKey("contact", str(last.id)), "email", "profile", ANNA)
        shop.session.commit()
        return Accepted(message.number)

    shop.email.outcomes = withdraw_the_other
    shop.work()

    assert [message.address for message in shop.email.sent] == ["first@example.com"]
    assert _reason(shop, first) == ("sent", "")
    assert _reason(shop, last) == ("skipped", "withdrawn")


@pytest.mark.rule("E14")
def test_one_of_two_accounts_with_the_same_address_unsubscribes_and_neither_is_mailed(shop: Shop) -> None:
    shop.publish()
    one, two = shop.agreed("twins@example.com"), shop.agreed("twins@example.com")
    shop.agreed("other@example.com")
    shop.send(shop.newsletter(), control_copy=False)
    key = shop.plugin.keys.address_key("email", "twins@example.com")

    choices.withdraw_address(shop.session, "email", key, "one_click", ANNA)
    shop.session.commit()
    shop.work()

    assert [message.address for message in shop.email.sent] == ["other@example.com"]
    for row in (one, two):
        assert _reason(shop, row) == ("skipped", "withdrawn")
    assert suppression.reason_of(shop.session, "email", key) == "withdrawn"


@pytest.mark.rule("C18")
def test_a_changed_address_waits_for_its_own_consent(shop: Shop) -> None:
    shop.publish()
    moved, stayed = shop.agreed("old@example.com"), shop.agreed("stays@example.com")
    shop.send(shop.newsletter(), control_copy=False)
    moved.email = "new@example.com"
    shop.session.commit()

    shop.work()

    assert [message.address for message in shop.email.sent] == ["stays@example.com"]
    assert _reason(shop, moved) == ("skipped", "address_changed")
    assert _reason(shop, stayed) == ("sent", "")


def test_whoever_leaves_the_shop_while_the_dispatch_runs_is_left_out(shop: Shop) -> None:
    shop.publish()
    shop.agreed("first@example.com")
    gone, closed = shop.agreed("gone@example.com"), shop.agreed("closed@example.com")
    shop.send(shop.newsletter(), control_copy=False)
    shop.email.window = 1
    refs = {str(gone.id): "not_in_shop", str(closed.id): "inactive"}

    def leave(message: Message) -> Outcome:
        closed.is_active = False
        shop.session.delete(gone)
        shop.session.commit()
        return Accepted(message.number)

    shop.email.outcomes = leave
    shop.work()

    assert [message.address for message in shop.email.sent] == ["first@example.com"]
    skipped = select(Delivery.person_ref, Delivery.reason).where(Delivery.status == "skipped")
    assert {row[0]: row[1] for row in shop.session.execute(skipped)} == refs
