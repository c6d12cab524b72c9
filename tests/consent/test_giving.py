"""Agreeing: at once where the address is known to be the person's own, else once the address has confirmed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.consent.deeds import Someone, someone
from tests.shops import Shop
from webshop_segments import clock, signals
from webshop_segments.access import WORKER
from webshop_segments.consent import erasure
from webshop_segments.consent.models import ConsentRecord


def test_a_gift_holds_at_once_and_only_for_its_channel(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada = someone(shop)

    assert ada.give() is not None

    assert (ada.status("email"), ada.status("sms")) == ("granted", "none")


def test_giving_twice_is_one_record(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()

    assert ada.give() is None

    assert ada.history() == ["granted"]


@pytest.mark.rule("C33")
def test_accepting_a_newer_version_is_a_further_record_and_the_old_one_stays(shop: Shop) -> None:
    first = shop.publish()
    ada = someone(shop)
    ada.give()
    second = shop.publish()

    assert ada.give() is not None

    records = shop.session.scalars(select(ConsentRecord).order_by(ConsentRecord.seq)).all()
    assert [record.version_id for record in records] == [first.id, second.id]


@pytest.mark.rule("C11")
def test_a_request_counts_only_once_it_is_confirmed(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)

    ada.request()
    assert ada.status() == "pending"

    assert ada.confirm()
    assert ada.status() == "granted"
    assert ada.history() == ["requested", "confirmed"]


@pytest.mark.rule("C14")
def test_confirming_twice_changes_nothing_the_second_time(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.request()
    ada.confirm()

    assert ada.confirm()

    assert ada.history() == ["requested", "confirmed"]


def test_whoever_confirms_is_announced_after_the_commit_only(shop: Shop) -> None:
    heard: list[str] = []

    def hear(sender: object, **payload: str) -> None:
        heard.append(payload["address"])

    shop.publish()
    ada = someone(shop)
    ada.request()
    with signals.consent_confirmed.connected_to(hear):
        ada.confirm()
        assert not heard
        shop.session.commit()

    assert heard == ["ada@example.com"]


@pytest.mark.rule("C13")
def test_confirming_the_mail_address_says_nothing_about_the_number(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada = someone(shop)
    ada.request("email")
    ada.request("sms")

    ada.confirm("email")

    assert (ada.status("email"), ada.status("sms")) == ("granted", "pending")


@pytest.mark.rule("C15")
def test_a_request_nobody_confirmed_expires_and_its_link_helps_no_more(shop: Shop) -> None:
    shop.publish()
    ada, bob = someone(shop), someone(shop, "bob@example.com")
    ada.request()
    with time_machine.travel(clock.now() + timedelta(days=3)):
        bob.request()
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1)):
        assert not ada.confirm()
        assert erasure.expire_requests(shop.session, WORKER) == 1
        assert not ada.confirm()
        assert (ada.status(), bob.status()) == ("expired", "pending")
        ada.request()
        assert ada.confirm()
    assert ada.status() == "granted"


def test_a_withdrawn_request_cannot_be_confirmed_by_its_link(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.request()
    ada.withdraw()

    assert not ada.confirm()
    assert ada.status() == "withdrawn"


@pytest.mark.rule("C18")
def test_a_request_for_another_address_waits_for_that_address(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    moved = Someone(shop, ada.key, "new@example.com")

    moved.request()

    assert moved.status() == "pending"


@pytest.mark.rule("C16")
@pytest.mark.parametrize("newer", [False, True])
def test_a_strangers_request_takes_nobodys_consent_away(shop: Shop, newer: bool) -> None:
    shop.publish()
    ada = someone(shop)
    ada.request()
    ada.confirm()
    if newer:
        shop.publish("email", "sms")

    assert ada.request() is None

    assert ada.status() == "granted"
    assert ada.history() == ["requested", "confirmed"]


@pytest.mark.rule("W25")
def test_a_consent_that_needs_renewal_is_asked_for_again(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    shop.publish(change="material")

    ada.request()

    assert ada.status() == "pending"
    assert ada.confirm()
    assert ada.status() == "granted"


@pytest.mark.rule("C32")
def test_a_request_for_a_channel_taken_out_meanwhile_cannot_be_confirmed(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada = someone(shop)
    ada.request("sms")
    shop.publish("email")

    assert not ada.confirm("sms")

    assert ada.status("sms") == "pending"
