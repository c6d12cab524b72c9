"""A mail server that is down, refuses us or refuses one address: each gets its own outcome, and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.shops import ANNA, Shop
from webshop_segments import Accepted, ChannelError, Message, Rejected, Unknown, clock
from webshop_segments.channel import Outcome
from webshop_segments.newsletter import dispatches, results
from webshop_segments.newsletter.models import Delivery
from webshop_segments.notices.models import Notice


def _statuses(shop: Shop) -> dict[str, tuple[str, str]]:
    rows = shop.session.execute(select(Delivery.address, Delivery.status, Delivery.reason).order_by(Delivery.address))
    return {address: (status, reason) for address, status, reason in rows}


def _three(shop: Shop) -> None:
    shop.publish()
    for name in "abc":
        shop.agreed(f"{name}@example.com")


def test_a_server_that_is_down_makes_the_dispatch_wait_and_try_again(shop: Shop) -> None:
    _three(shop)
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.trouble = ChannelError("mail.example:25 does not answer.")
    shop.work()
    assert dispatch.status == "sending"
    assert dispatch.trouble == "mail.example:25 does not answer."
    assert dispatch.failures == 1
    assert dispatch.retry_at is not None
    assert {status for status, _ in _statuses(shop).values()} == {"queued"}

    shop.email.trouble = None
    dispatch.retry_at = None
    shop.session.commit()
    shop.work()
    assert (dispatch.status, dispatch.trouble, dispatch.failures) == ("finished", "", 0)
    assert len(shop.email.sent) == 3


def test_a_refused_login_halts_the_dispatch_with_an_alarm_and_resuming_goes_on(shop: Shop) -> None:
    _three(shop)
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.trouble = ChannelError("The mail server refuses the login.", permanent=True)
    shop.work()
    assert dispatch.status == "halted"
    alarm = shop.session.scalars(select(Notice).where(Notice.kind == "alarm")).one()
    assert alarm.address == "shop@shop.example"

    shop.email.trouble = None
    dispatches.resume(shop.session, dispatch, ANNA)
    shop.session.commit()
    shop.work()
    assert dispatch.status == "finished"
    assert len([message for message in shop.email.sent if message.address != "shop@shop.example"]) == 3


def _answers(answer: Outcome) -> Callable[[Message], Outcome]:
    """To b@example.com this answer, to everybody else yes."""

    def answered(message: Message) -> Outcome:
        return replace(answer, number=message.number) if message.address[0] == "b" else Accepted(message.number)

    return answered


@pytest.mark.rule("E50")
def test_an_address_refused_for_good_bounces_and_harms_nobody_else(shop: Shop) -> None:
    _three(shop)
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.outcomes = _answers(Rejected(2, "550 5.1.1 no such user", permanent=True))
    shop.work()
    assert _statuses(shop) == {
        "a@example.com": ("sent", ""),
        "b@example.com": ("bounced", "550 5.1.1 no such user"),
        "c@example.com": ("sent", ""),
    }
    assert dispatch.status == "finished"


@pytest.mark.rule("E51")
def test_a_temporary_refusal_waits_longer_each_time_and_gives_up_in_the_end(shop: Shop) -> None:
    _three(shop)
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.outcomes = _answers(Rejected(2, "451 later", permanent=False))
    delays = []
    for _ in range(12):
        shop.work()
        row = shop.session.scalars(select(Delivery).where(Delivery.address == "b@example.com")).one()
        if row.not_before is not None:
            delays.append(row.not_before)
        row.not_before = dispatch.retry_at = None
        shop.session.commit()
    assert all(delay > clock.now() for delay in delays)
    assert len(delays) == len(set(delays)) == 11
    assert _statuses(shop)["b@example.com"] == ("failed", "451 later")
    assert dispatch.status == "finished"


@pytest.mark.rule("E53")
def test_a_refusal_about_us_halts_and_blames_no_recipient(shop: Shop) -> None:
    _three(shop)
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.outcomes = lambda message: Rejected(message.number, "550 5.7.1 blocked", permanent=True, about_us=True)
    shop.work()
    assert dispatch.status == "halted"
    assert "5.7.1" in dispatch.trouble
    assert {status for status, _ in _statuses(shop).values()} == {"queued"}


@pytest.mark.rule("E53")
def test_one_server_that_refuses_us_does_not_hold_up_the_others(shop: Shop) -> None:
    _three(shop)
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.outcomes = _answers(Rejected(2, "550 5.7.1 blocked", permanent=True, about_us=True))
    shop.work()
    assert dispatch.status == "sending"
    found = {address[0]: status for address, (status, _) in _statuses(shop).items()}
    assert found == {"a": "sent", "b": "queued", "c": "sent"}


@pytest.mark.rule("E55")
def test_an_unknown_outcome_is_shown_and_never_sent_again_by_itself(shop: Shop) -> None:
    _three(shop)
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.outcomes = _answers(Unknown(2, "connection lost after the message"))
    shop.work()
    shop.work()
    assert _statuses(shop)["b@example.com"] == ("unknown", "connection lost after the message")
    assert dispatch.status == "finished"
    assert results.of_dispatch(shop.session, dispatch).by_status == {"sent": 2, "unknown": 1}

    shop.email.outcomes = lambda message: Accepted(message.number)
    number = shop.session.scalars(select(Delivery.number).where(Delivery.status == "unknown")).one()
    assert dispatches.decide_unknown(shop.session, dispatch, [number], "queued", ANNA) == 1
    shop.session.commit()
    shop.work()
    assert [message.address for message in shop.email.sent].count("b@example.com") == 2
    assert _statuses(shop)["b@example.com"][0] == "sent"


def test_a_fault_in_our_own_code_halts_the_dispatch_and_keeps_what_is_known(shop: Shop) -> None:
    _three(shop)
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    begun: list[str] = []

    def broken(message: Message) -> Outcome:
        begun.append(message.address)
        if len(begun) == 2:
            raise ZeroDivisionError
        return Accepted(message.number)

    shop.email.outcomes = broken
    shop.work(lease_seconds=0.2)
    assert dispatch.status == "halted"
    statuses = _statuses(shop)
    assert statuses.pop(begun[0])[0] == "sent"
    assert {status for status, _ in statuses.values()} <= {"sending", "unknown"}
