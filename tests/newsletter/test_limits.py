"""Limits as values: what cannot be kept to is refused with a sentence; sending hours are those on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from webshop_segments.errors import ConfigurationError
from webshop_segments.limits import Limits

pytestmark = pytest.mark.once

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"per_second": 0}, "per_second is 0. Give a whole number from 1, or leave it out."),
        ({"per_second": 0.5}, "per_second is 0.5. Give a whole number"),
        ({"per_hour": True}, "per_hour is True. Give a whole number"),
        ({"batch": -1, "pause_seconds": 5}, "batch is -1. Give a whole number"),
        ({"per_domain": {"gmail.com": 0}}, "per_domain['gmail.com'] is 0. Give a whole number"),
        ({"per_domain": {"Gmail.com": 5}}, "per_domain names 'Gmail.com'. Write domains as servers do"),
        ({"per_domain": {"münchen.de": 5}}, "per_domain names 'münchen.de'. Write domains as servers do"),
        ({"warm_up": (50, 0)}, "warm_up of day 2 is 0. Give a whole number"),
        ({"batch": 100}, "batch and pause_seconds belong together"),
        ({"pause_seconds": 5}, "batch and pause_seconds belong together"),
        ({"batch": 100, "pause_seconds": -5}, "batch and pause_seconds belong together"),
        ({"hours": (time(20), time(8))}, "hours are from 20:00:00 to 08:00:00. Give two times of one day"),
        ({"hours": (time(8), time(8))}, "hours are from 08:00:00 to 08:00:00. Give two times of one day"),
        ({"hours": (time(8, tzinfo=UTC), time(20, tzinfo=UTC))}, "without a time zone"),
    ],
)
def test_what_cannot_be_kept_to_is_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Limits(**values)
    assert str(refused.value).startswith("Limits: ")
    assert sentence in str(refused.value)


def test_all_limits_together_are_taken() -> None:
    Limits(
        per_second=14,
        per_hour=5000,
        per_domain={"gmail.com": 300, "xn--mnchen-3ya.de": 20, "*": 60},
        warm_up=(50, 100, 500),
        batch=200,
        pause_seconds=1.5,
        hours=(time(8), time.max),
    )


def test_without_hours_messages_leave_at_any_time() -> None:
    assert Limits().open_at(datetime(2026, 11, 22, 3, tzinfo=UTC), BERLIN)


@pytest.mark.parametrize(
    ("wall", "is_open"), [("07:59:59", False), ("08:00:00", True), ("19:59:59", True), ("20:00:00", False)]
)
@pytest.mark.parametrize("day", ["2026-01-15", "2026-07-15", "2026-03-29", "2026-10-25"])
def test_hours_are_those_of_the_shops_time_zone_also_on_the_days_of_a_clock_change(
    day: str, wall: str, is_open: bool
) -> None:
    moment = datetime.fromisoformat(f"{day} {wall}").replace(tzinfo=BERLIN).astimezone(UTC)
    assert Limits(hours=(time(8), time(20))).open_at(moment, BERLIN) is is_open


def test_hours_that_a_clock_change_repeats_are_open_twice_and_those_it_leaves_out_never() -> None:
    night = Limits(hours=(time(2), time(3)))

    def minutes_open(year: int, month: int, day: int) -> int:
        midnight = datetime(year, month, day, tzinfo=UTC).timestamp()
        return sum(
            night.open_at(datetime.fromtimestamp(midnight + minute * 60, UTC), BERLIN) for minute in range(12 * 60)
        )

    assert minutes_open(2026, 10, 24) == 60
    assert minutes_open(2026, 10, 25) == 120
    assert minutes_open(2026, 3, 29) == 0
