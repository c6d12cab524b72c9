"""Counts of a sending are exact whatever order its messages left in, and its rate is that of the last minute."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, insert, select, update

from tests.shops import Shop, Statements
from webshop_segments import clock
from webshop_segments.newsletter import results
from webshop_segments.newsletter.models import Delivery, Dispatch


@pytest.fixture
def dispatch(shop: Shop) -> Iterator[Dispatch]:
    """One that is being sent since a minute ago, without deliveries; the clock stands still."""
    with time_machine.travel(clock.now(), tick=False):
        shop.publish()
        shop.agreed("a@example.com")
        made = shop.send(shop.newsletter())
        made.status, made.started_at = "sending", clock.now() - timedelta(minutes=1)
        yield made


def deliver(shop: Shop, dispatch: Dispatch, statuses: list[str], **values: Any) -> None:
    """Deliveries numbered from 1."""
    rows = [
        {
            "dispatch_id": dispatch.id,
            "number": number,
            "person_kind": "contact",
            "person_ref": str(number),
            "address": f"p{number}@example.com",
            "address_key": f"{number:032}",
            "domain": "example.com",
            "status": status,
            "reason": "",
            "attempts": 0,
        }
        | values
        for number, status in enumerate(statuses, 1)
    ]
    if rows:
        shop.session.execute(insert(Delivery), rows)


def counted(shop: Shop) -> dict[str, int]:
    rows = shop.session.execute(
        select(Delivery.status, func.count()).where(Delivery.number > 0).group_by(Delivery.status)
    )
    return {row[0]: row[1] for row in rows}


MIXED = sorted(results.STATUSES) * 3


@pytest.mark.rule("W49")
@pytest.mark.parametrize(
    "statuses",
    [
        [],
        ["queued"] * 5,
        ["skipped"] * 5,
        ["sent"] * 5,
        ["sent", "sent", "bounced", "claimed", "queued", "skipped", "queued"],
        ["queued", "queued", "sent", "queued"],
        ["cancelled", "sent", "cancelled", "cancelled"],
        ["delivered", "complained", "bounced", "unknown", "failed"],
        *(random.Random(seed).sample(MIXED, len(MIXED)) for seed in range(5)),
    ],
    ids=str,
)
def test_every_recipient_is_counted_once_in_whatever_order_they_were_served(
    shop: Shop, dispatch: Dispatch, statuses: list[str]
) -> None:
    deliver(shop, dispatch, statuses)
    found = results.progress(shop.session, dispatch)
    assert found.by_status == counted(shop) == Counter(statuses)
    assert found.recipients == len(statuses) - statuses.count("skipped")
    assert found.done + found.waiting == found.recipients


def test_a_prepared_audience_is_numbered_without_a_gap(shop: Shop) -> None:
    shop.publish()
    for number in range(7):
        shop.agreed(f"p{number}@example.com", is_active=number % 3 > 0)
    shop.customer("silent@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    numbers = shop.session.scalars(select(Delivery.number).order_by(Delivery.number)).all()
    assert numbers == list(range(1, 8))
    assert results.progress(shop.session, dispatch).by_status == counted(shop) == {"sent": 4, "skipped": 3}


def test_the_control_copy_stands_apart(shop: Shop, dispatch: Dispatch) -> None:
    deliver(shop, dispatch, ["sent", "queued"])
    assert results.progress(shop.session, dispatch).control is None
    shop.session.execute(update(Delivery).where(Delivery.number == 2).values(number=0))
    found = results.progress(shop.session, dispatch)
    assert (found.control, found.by_status) == ("queued", {"sent": 1})


def settle(shop: Shop, numbers: range, seconds_ago: float) -> None:
    moment = clock.now() - timedelta(seconds=seconds_ago)
    settled = update(Delivery).where(Delivery.number.in_(numbers))
    shop.session.execute(settled.values(status="sent", settled_at=moment))


def rate(shop: Shop, dispatch: Dispatch) -> float:
    return results.progress(shop.session, dispatch).per_second


def test_the_rate_is_that_of_the_last_minute_not_since_the_start(shop: Shop, dispatch: Dispatch) -> None:
    dispatch.started_at = clock.now() - timedelta(days=2)
    deliver(shop, dispatch, ["queued"] * 2000)
    assert rate(shop, dispatch) == 0
    settle(shop, range(1, 401), 90000)
    for second in range(60):
        settle(shop, range(401 + 10 * second, 411 + 10 * second), 59.5 - second)
    assert rate(shop, dispatch) == pytest.approx(10, rel=0.1)


def test_a_few_messages_a_minute_have_a_rate_too(shop: Shop, dispatch: Dispatch) -> None:
    deliver(shop, dispatch, ["queued"] * 100)
    for number in range(1, 41):
        settle(shop, range(number, number + 1), 30 * (41 - number))
    assert rate(shop, dispatch) == pytest.approx(1 / 30, rel=0.1)


def test_the_rate_of_one_that_is_over_is_that_of_the_whole(shop: Shop, dispatch: Dispatch) -> None:
    deliver(shop, dispatch, ["sent"] * 100 + ["bounced"] * 20 + ["skipped"] * 50)
    dispatch.status, dispatch.finished_at = "finished", clock.now()
    assert rate(shop, dispatch) == pytest.approx(2)


def test_progress_asks_the_same_few_questions_for_any_number_of_recipients(shop: Shop, dispatch: Dispatch) -> None:
    deliver(shop, dispatch, ["sent", "queued"])
    with Statements(shop.plugin.engine) as few:
        results.progress(shop.session, dispatch)
    shop.session.execute(Delivery.__table__.delete())
    deliver(shop, dispatch, ["sent"] * 1500 + ["queued"] * 1500)
    with Statements(shop.plugin.engine) as many:
        results.progress(shop.session, dispatch)
    assert len(few.texts) == 4
    assert len([text for text in many.texts if text.startswith("SELECT")]) == 4


def test_refusals_with_the_same_codes_count_as_the_same_and_name_nobody(shop: Shop, dispatch: Dispatch) -> None:
    deliver(shop, dispatch, ["bounced"] * 3 + ["failed", "bounced", "sent"])
    for number in (1, 2, 3):
        words = f"550 5.1.1 <p{number}@example.com>: no such user +4915123456789"
        shop.session.execute(update(Delivery).where(Delivery.number == number).values(reason=words))
    shop.session.execute(update(Delivery).where(Delivery.number == 5).values(reason="552 5.2.2 mailbox full"))
    assert [(one.status, one.count, one.example) for one in results.refusals(shop.session, dispatch)] == [
        ("bounced", 3, "550 5.1.1 … no such user …"),
        ("failed", 1, ""),
        ("bounced", 1, "552 5.2.2 mailbox full"),
    ]
