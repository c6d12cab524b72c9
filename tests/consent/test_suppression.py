"""A suppressed address stays silent until the person's own word lifts it, and how strong a word depends on why."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.consent.deeds import someone
from tests.shops import ANNA, Shop
from webshop_segments.consent import erasure, suppression
from webshop_segments.consent.models import Suppression
from webshop_segments.keys import Keys

REASONS = ("withdrawn", "objected", "complaint", "bounced")


@pytest.mark.rule("C49")
@pytest.mark.parametrize("reason", REASONS)
def test_an_own_grant_lifts_withdrawals_only(shop: Shop, reason: str) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    ada.unsubscribe(reason=reason)

    ada.give()

    assert ada.suppressed() == (None if reason in ("withdrawn", "objected") else reason)


@pytest.mark.rule("C49")
@pytest.mark.parametrize("reason", REASONS)
def test_a_confirmed_address_lifts_all_but_a_bounce(shop: Shop, reason: str) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    ada.unsubscribe(reason=reason)

    ada.request()
    assert ada.suppressed() == reason
    ada.confirm()

    assert ada.suppressed() == ("bounced" if reason == "bounced" else None)


@pytest.mark.parametrize("later", REASONS)
@pytest.mark.parametrize("first", REASONS)
def test_of_two_reasons_the_harder_one_to_lift_stays(shop: Shop, first: str, later: str) -> None:
    ada = someone(shop)

    ada.unsubscribe(reason=first)
    ada.unsubscribe(reason=later)

    assert ada.suppressed() == max(first, later, key=REASONS.index)


def test_a_grant_lifts_nobody_elses_suppression(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada, bob = someone(shop), someone(shop, "bob@example.com")
    for person in (ada, bob):
        person.unsubscribe()
    ada.unsubscribe("sms")

    ada.give("email")

    assert (bob.suppressed("email"), ada.suppressed("sms")) == ("withdrawn", "withdrawn")


@pytest.mark.rule("C47")
def test_a_suppression_outlives_the_person(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    ada.unsubscribe()

    erasure.erase(shop.session, ada.key, "system", ANNA)

    assert ada.suppressed() == suppression.WITHDRAWN


@pytest.mark.rule("C48")
def test_the_address_is_found_however_it_is_written_and_never_stands_there(shop: Shop) -> None:
    someone(shop, "info@müller.example").unsubscribe()

    for spelling in ("INFO@xn--mller-kva.example", " info@MÜLLER.example "):
        assert someone(shop, spelling).suppressed() == "withdrawn"
    row = shop.session.scalars(select(Suppression)).one()
    assert "ller" not in f"{row.channel} {row.address_key} {row.reason}"
    other = Keys.parse("k9:" + "another secret " * 3)
    assert other.address_key("email", "info@xn--mller-kva.example") != row.address_key
