"""How long a sending takes, and why it does not go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import delete, select

from tests.newsletter.test_progress import deliver
from tests.shops import ANNA, Shop
from webshop_segments.directory.partners import MemberKey
from webshop_segments.limits import Limits
from webshop_segments.newsletter import dispatches, forecast, results
from webshop_segments.newsletter.forecast import Wait
from webshop_segments.newsletter.limits import allowance
from webshop_segments.newsletter.models import Dispatch
from webshop_segments.newsletter.results import Progress
from webshop_segments.segments import audience, members, operations
from webshop_segments.segments.audience import Choice

NOON = datetime(2027, 3, 20, 11, 0, tzinfo=UTC)
"""In Berlin; the clocks go forward in the night to the 28th."""

DAYTIME = Limits(hours=(time(8), time(20)))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def dispatch(shop: Shop) -> Iterator[Dispatch]:
    """Being sent; the clock stands still at noon."""
    with time_machine.travel(NOON, tick=False):
        shop.publish()
        shop.agreed("a@example.com")
        made = shop.send(shop.newsletter(), control_copy=False)
        made.status, made.started_at = "sending", NOON - timedelta(hours=1)
        yield made


def why(shop: Shop, dispatch: Dispatch) -> Wait | None:
    now = results.progress(shop.session, dispatch)
    return forecast.why_it_waits(shop.session, shop.plugin, dispatch, now)


def end(shop: Shop, dispatch: Dispatch, waiting: int, per_second: float) -> datetime | None:
    return forecast.ends_at(shop.plugin, dispatch, Progress({"queued": waiting}, None, per_second))


@pytest.mark.once
@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        (datetime(2027, 3, 20, 8, 0, tzinfo=BERLIN), None),
        (datetime(2027, 3, 20, 19, 59, tzinfo=BERLIN), None),
        (datetime(2027, 3, 20, 20, 0, tzinfo=BERLIN), datetime(2027, 3, 21, 8, 0, tzinfo=BERLIN)),
        (datetime(2027, 3, 20, 3, 0, tzinfo=BERLIN), datetime(2027, 3, 20, 8, 0, tzinfo=BERLIN)),
        (datetime(2027, 3, 27, 23, 0, tzinfo=BERLIN), datetime(2027, 3, 28, 8, 0, tzinfo=BERLIN)),
    ],
)
def test_the_sending_hours_begin_by_the_clock_on_the_wall(moment: datetime, opening: datetime | None) -> None:
    assert forecast.opens_at(moment.astimezone(UTC), DAYTIME, BERLIN) == opening


@pytest.mark.rule("W46")
def test_whom_it_reaches_is_counted_as_the_audience_is_with_the_first_of_them(shop: Shop) -> None:
    shop.publish()
    for number in range(7):
        shop.agreed(f"p{number}@example.com", is_active=number != 3)
    shop.customer("silent@example.com")
    left = MemberKey("partner", str(shop.company().id))
    segment = operations.add(shop.session, "Regulars", ANNA)
    for customer in shop.session.scalars(select(shop.Customer)):
        members.add(shop.session, shop.plugin.shop, segment, [MemberKey("partner", str(customer.company_id))], ANNA)
    members.add(shop.session, shop.plugin.shop, segment, [left], ANNA)
    shop.session.execute(delete(shop.Company).where(shop.Company.name == "Bikes Ltd"))
    for choice in (Choice("email", True), Choice("email", False, (segment.id,)), Choice("sms", True)):
        found = forecast.reach(shop.session, shop.plugin.shop, choice, size=4)
        counts = audience.counts(shop.session, shop.plugin.shop, choice)
        assert {None: found.count} | found.left_out == {None: 0} | counts
        assert len(found.first) == min(found.count, 4)
        assert all(person.email == address for person, address in found.first)


def test_the_end_is_reckoned_from_the_rate(shop: Shop, dispatch: Dispatch) -> None:
    assert end(shop, dispatch, 600, 10) == NOON + timedelta(minutes=1)
    assert end(shop, dispatch, 600, 0) is None
    assert end(shop, dispatch, 10**9, 0.01) is None
    dispatch.status = "paused"
    assert end(shop, dispatch, 600, 10) is None


def test_the_end_respects_limits_and_the_sending_hours(shop: Shop, dispatch: Dispatch) -> None:
    shop.email.limits = Limits(per_hour=3600)
    assert end(shop, dispatch, 600, 50) == NOON + timedelta(minutes=10)
    shop.email.limits = DAYTIME
    assert end(shop, dispatch, 7 * 3600, 1) == NOON + timedelta(hours=7)
    assert end(shop, dispatch, 9 * 3600, 1) == NOON + timedelta(hours=21)
    assert end(shop, dispatch, 33 * 3600, 1) == NOON + timedelta(days=2, hours=21)


@pytest.mark.once
@pytest.mark.parametrize(
    ("limits", "per_second"),
    [
        (Limits(), None),
        (Limits(per_second=5), 5),
        (Limits(per_second=5, per_hour=3600), 1),
        (Limits(batch=100, pause_seconds=50), 2),
        (DAYTIME, None),
    ],
    ids=str,
)
def test_limits_allow_so_many_in_the_long_run(limits: Limits, per_second: float | None) -> None:
    assert forecast.pace(limits) == per_second


def test_the_duration_is_told_from_the_last_sending_and_the_limits(shop: Shop, dispatch: Dispatch) -> None:
    assert forecast.seconds_for(shop.session, shop.plugin, "email", 100) is None
    shop.email.limits = Limits(per_second=4)
    assert forecast.seconds_for(shop.session, shop.plugin, "email", 100) == 25
    deliver(shop, dispatch, ["sent"] * 60)
    dispatch.status, dispatch.started_at, dispatch.finished_at = "finished", NOON - timedelta(minutes=1), NOON
    assert forecast.seconds_for(shop.session, shop.plugin, "email", 100) == 100
    assert forecast.seconds_for(shop.session, shop.plugin, "sms", 100) is None


def test_a_sending_that_goes_on_or_is_over_waits_for_nothing(shop: Shop, dispatch: Dispatch) -> None:
    deliver(shop, dispatch, ["sent", "queued"])
    assert why(shop, dispatch) is None
    dispatch.status = "finished"
    assert why(shop, dispatch) is None


def test_trouble_pause_and_halt_are_told(shop: Shop, dispatch: Dispatch) -> None:
    dispatch.trouble, dispatch.retry_at = "mail.example does not answer.", NOON + timedelta(seconds=40)
    assert why(shop, dispatch) == Wait("trouble", dispatch.retry_at, dispatch.trouble)
    dispatches.pause(shop.session, dispatch, ANNA)
    assert why(shop, dispatch) == Wait("paused", about=dispatch.trouble)
    dispatch.status = "halted"
    assert why(shop, dispatch) == Wait("halted", about="mail.example does not answer.")


def test_outside_the_sending_hours_it_says_when_it_goes_on(shop: Shop, dispatch: Dispatch) -> None:
    shop.email.limits = Limits(hours=(time(13), time(14)))
    assert why(shop, dispatch) == Wait("hours", NOON + timedelta(hours=1))


def test_a_limit_that_is_used_up_and_domains_at_rest_are_told(shop: Shop, dispatch: Dispatch) -> None:
    deliver(shop, dispatch, ["sent", "queued"])
    dispatch.last_claimed_at = NOON - timedelta(minutes=1)
    # Limits are counted on the database's clock, which does not stand still.
    for domain in ("example.com", "gmail.com"):
        allowance.hold(shop.session, "email", domain, 10**9)
    assert why(shop, dispatch) == Wait("domains", about="example.com, gmail.com")
    allowance.hold(shop.session, "email", "", 10**9)
    assert why(shop, dispatch) == Wait("limit")
    dispatch.last_claimed_at = NOON - timedelta(seconds=1)
    assert why(shop, dispatch) is None


def test_messages_refused_for_now_say_when_they_are_tried_again(shop: Shop, dispatch: Dispatch) -> None:
    later: dict[str, Any] = {"not_before": NOON + timedelta(minutes=4)}
    deliver(shop, dispatch, ["sent", "queued", "queued"], **later)
    assert why(shop, dispatch) == Wait("retries", NOON + timedelta(minutes=4))
