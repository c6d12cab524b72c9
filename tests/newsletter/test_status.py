"""What an operator reads in the terminal: what is being sent, what waits and why, and whether a worker is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from tests.newsletter.test_progress import deliver
from tests.shops import ANNA, Shop
from webshop_segments import Unknown, clock
from webshop_segments.limits import Limits
from webshop_segments.newsletter import dispatches, status
from webshop_segments.newsletter.models import Dispatch
from webshop_segments.notices.models import Notice
from webshop_segments.notices.queue import queue

NOON = datetime(2027, 3, 20, 11, 0, tzinfo=UTC)
ALONE = "No worker has been heard of for"


@pytest.fixture
def at() -> Iterator[Callable[[datetime], Any]]:
    """Sets the clock, which stands still at noon in Berlin."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller.move_to


@pytest.fixture
def dispatch(shop: Shop, at: Any) -> Dispatch:
    shop.publish()
    shop.agreed("ada@example.com")
    return shop.send(shop.newsletter(name="Spring in the workshop"), control_copy=False)


def lines(shop: Shop) -> list[str]:
    return list(status.lines(shop.session, shop.plugin))


def told(shop: Shop) -> str:
    return "\n".join(lines(shop))


def test_a_shop_at_rest_says_so(shop: Shop) -> None:
    assert lines(shop) == ["Nothing is being sent.", "", "System mails waiting: 0"]


@pytest.mark.rule("W49")
def test_a_sending_under_way_is_one_line_of_aligned_figures(shop: Shop, dispatch: Dispatch) -> None:
    statuses = ["sent"] * 1200 + ["bounced"] * 2 + ["failed", "unknown"] + ["claimed"] + ["queued"] * 2399
    deliver(shop, dispatch, statuses, settled_at=NOON - timedelta(seconds=20))
    dispatch.status = "sending"
    dispatch.started_at = dispatch.last_claimed_at = NOON - timedelta(seconds=20)
    heads, line = lines(shop)[:2]
    values = {head: line[heads.index(head) :].split("  ")[0] for head in ("name", "channel", "status")}
    assert values == {"name": "Spring in the workshop", "channel": "email", "status": "sending"}
    for head, figure in {"sent": "1,200", "left": "2,400", "failed": "3", "unknown": "1"}.items():
        end = heads.index(head) + len(head)
        assert line[:end].endswith(f" {figure}"), head
    assert line.endswith("12:00")
    assert not any(text.startswith(ALONE) for text in lines(shop))


def test_what_is_over_is_listed_with_its_end_the_last_ones_first(shop: Shop, dispatch: Dispatch) -> None:
    shop.email.outcomes = lambda message: Unknown(message.number, "line lost")
    shop.work()
    for number in range(6):
        later = shop.send(shop.newsletter(name=f"Letter {number}"), control_copy=False)
        dispatches.cancel(shop.session, later, ANNA)
    report = lines(shop)
    listed = [line.split()[0] for line in report[report.index("The last ones:") + 2 :][:5]]
    assert listed == [str(later.id - number) for number in range(5)]
    assert report[0] == "Nothing is being sent."


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"status": "scheduled", "due_at": NOON + timedelta(days=1)}, "leaves at 2027-03-21 12:00"),
        ({"status": "scheduled", "due_at": NOON - timedelta(hours=2)}, "missed at 10:00; waits for “Send now”"),
        ({"status": "paused"}, "paused in the panel"),
        ({"status": "halted", "trouble": "ada@example.com says no."}, "… says no. Mend it, then press"),
        (
            {"status": "sending", "trouble": "+4915123456789 is busy.", "retry_at": NOON + timedelta(minutes=1)},
            "… is busy. Next attempt 12:01.",
        ),
    ],
    ids=["scheduled", "missed", "paused", "halted", "trouble"],
)
def test_why_it_waits_is_told_in_english_without_addresses(
    shop: Shop, dispatch: Dispatch, values: dict[str, Any], sentence: str
) -> None:
    for name, value in values.items():
        setattr(dispatch, name, value)
    assert sentence in told(shop)
    assert "ada@" not in told(shop)
    assert "+49" not in told(shop)
    assert ALONE not in told(shop)


def test_system_mails_that_wait_are_counted(shop: Shop, at: Any) -> None:
    for _ in range(2):
        queue(shop.session, "confirmation", "email", "ada@example.com", "k", text="Hello")
    at(NOON + timedelta(seconds=20))
    assert lines(shop)[-1] == "System mails waiting: 2, the oldest for 20 seconds"
    at(NOON + timedelta(minutes=5))
    assert told(shop).endswith(f"{ALONE} 5 minutes, and work is due. Start one: flask segments work")


def test_due_work_that_nobody_touches_is_said_to_have_no_worker(shop: Shop, dispatch: Dispatch, at: Any) -> None:
    assert ALONE not in told(shop)
    at(NOON + timedelta(minutes=3))
    assert f"{ALONE} 3 minutes" in told(shop)

    dispatch.status, dispatch.started_at = "sending", clock.now()
    at(NOON + timedelta(minutes=5))
    assert f"{ALONE} 2 minutes" in told(shop)
    dispatch.last_claimed_at = clock.now()
    assert ALONE not in told(shop)

    at(NOON + timedelta(minutes=8))
    assert f"{ALONE} 3 minutes" in told(shop)
    dispatches.pause(shop.session, dispatch, ANNA)
    assert ALONE not in told(shop)


def test_a_lease_is_a_sign_of_life(shop: Shop, dispatch: Dispatch, at: Any) -> None:
    other = shop.send(shop.newsletter(), control_copy=False)
    at(NOON + timedelta(minutes=3))
    assert ALONE in told(shop)
    other.status, other.lease_until = "preparing", clock.now() + timedelta(seconds=50)
    assert ALONE not in told(shop)
    other.status, other.lease_until = "sending", None
    deliver(shop, other, ["sending", "queued"], lease_until=clock.now() + timedelta(seconds=50))
    assert ALONE not in told(shop)


def test_outside_the_sending_hours_nobody_misses_a_worker(shop: Shop, dispatch: Dispatch, at: Any) -> None:
    dispatch.status, dispatch.started_at = "sending", NOON
    shop.email.limits = Limits(hours=(time(14), time(15)))
    at(NOON + timedelta(minutes=10))
    assert ALONE not in told(shop)
    assert "outside the sending hours until 14:00" in told(shop)


def test_the_hours_before_the_sending_hours_began_are_nobodys_silence(shop: Shop, dispatch: Dispatch, at: Any) -> None:
    dispatch.status, dispatch.started_at = "sending", NOON - timedelta(days=1)
    # Whether it is in its hours is also asked of the database's clock, which does not stand still.
    shop.email.limits = Limits(hours=(time(0), time.max))
    at(NOON)
    assert f"{ALONE} 12 hours" in told(shop)


def test_a_notice_under_way_is_a_sign_of_life(shop: Shop, dispatch: Dispatch, at: Any) -> None:
    at(NOON + timedelta(minutes=3))
    shop.session.add(
        Notice(
            kind="alarm",
            channel="email",
            address="",
            address_key="",
            status="sending",
            lease_until=clock.now() + timedelta(seconds=50),
        )
    )
    assert ALONE not in told(shop)
