"""Ending a consent: one's own on a channel, everybody's at an address, or all by an objection."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.consent.deeds import someone
from tests.shops import Shop
from webshop_segments.consent import suppression
from webshop_segments.consent.models import ConsentRecord


@pytest.mark.rule("C43")
def test_withdrawing_one_channel_leaves_the_other(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada = someone(shop)
    ada.give("email")
    ada.give("sms")

    assert ada.withdraw("email")

    assert (ada.status("email"), ada.status("sms")) == ("withdrawn", "granted")


@pytest.mark.rule("C42")
def test_a_withdrawal_leaves_the_earlier_record_as_it_was(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    record = ada.give()
    assert record is not None
    digest = record.digest

    ada.withdraw()

    shop.session.expire_all()
    assert record.digest == digest
    assert ada.history() == ["granted", "withdrawn"]


def test_what_was_never_given_or_is_withdrawn_already_makes_no_record(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)

    assert not ada.withdraw()
    ada.give()
    assert ada.withdraw()
    assert not ada.withdraw()

    assert ada.history() == ["granted", "withdrawn"]


def test_a_consent_that_needs_renewal_can_be_withdrawn(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    shop.publish(change="material")

    assert ada.withdraw()

    assert ada.status() == "withdrawn"


@pytest.mark.rule("E14")
def test_unsubscribing_silences_every_account_with_the_address(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada, twin = someone(shop), someone(shop, "ADA@example.com")
    other = someone(shop, "other@example.com")
    for person in (ada, twin, other):
        person.give("email")
        person.give("sms")

    assert ada.unsubscribe() == 2

    assert [person.status("email") for person in (ada, twin, other)] == ["withdrawn", "withdrawn", "granted"]
    assert {person.status("sms") for person in (ada, twin, other)} == {"granted"}
    assert ada.suppressed() == suppression.WITHDRAWN


def test_unsubscribing_ends_a_request_too(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.request()

    ada.unsubscribe()

    assert ada.status() == "withdrawn"
    assert not ada.confirm()


@pytest.mark.rule("E08")
def test_unsubscribing_twice_is_one_record_each(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()

    assert ada.unsubscribe() == 1
    assert ada.unsubscribe() == 0

    assert ada.history() == ["granted", "withdrawn"]


def test_an_address_nobody_has_is_suppressed_all_the_same(shop: Shop) -> None:
    stranger = someone(shop, "stranger@example.com")

    assert stranger.unsubscribe() == 0

    assert stranger.suppressed() == suppression.WITHDRAWN
    assert not shop.session.scalars(select(ConsentRecord)).all()


@pytest.mark.rule("C43")
def test_an_objection_is_recorded_as_one(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()

    ada.unsubscribe(action="objected", reason=suppression.OBJECTED)

    assert ada.history() == ["granted", "objected"]
    assert (ada.status(), ada.suppressed()) == ("withdrawn", suppression.OBJECTED)
