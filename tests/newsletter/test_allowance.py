"""How many messages the limits of a channel let leave, on a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.newsletter.asking import BERLIN, EVERYTHING, NOTHING, Asking
from tests.shops import Shop, Statements
from webshop_segments import MemoryChannel
from webshop_segments.db import worker_engine
from webshop_segments.limits import Limits
from webshop_segments.newsletter.limits import allowance
from webshop_segments.newsletter.limits.allowance import Granted, Held


def test_without_limits_everything_is_granted_and_nothing_is_asked(shop: Shop) -> None:
    asking = Asking(shop.session, Limits())
    with Statements(shop.plugin.engine) as statements:
        assert asking.grant({"a.example": 500}) == {"a.example": 500}
        asking.give_back(100, Granted({"a.example": 500}))
    assert statements.texts == []


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        (Limits(per_second=100), 1),
        (Limits(per_domain={"a.example": 100}), 60),
        (Limits(per_domain={"*": 100}), 60),
        (Limits(batch=100, pause_seconds=7), 7),
        (Limits(per_hour=100), 3600),
        (Limits(warm_up=(100, 100)), 86400),
    ],
)
def test_a_rule_gives_no_more_than_its_limit_until_its_window_is_over(shop: Shop, limits: Limits, seconds: int) -> None:
    asking = Asking(shop.session, limits)
    assert [asking.count(60), asking.count(60), asking.count(60)] == [60, 40, 0]
    waiting = Held(False, frozenset({"a.example"})) if limits.per_domain else EVERYTHING
    assert asking.held() == waiting
    asking.later(seconds=seconds - 0.001)
    assert asking.held() == waiting
    assert asking.count(1) == 0
    asking.later(seconds=0.001)
    assert asking.held() == NOTHING
    assert asking.count(10**12) == 100


def test_a_window_begins_with_its_first_message_and_not_with_the_hour(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_hour=10))
    asking.count(3)
    asking.later(minutes=90)
    assert asking.count(10) == 10
    asking.later(minutes=59)
    assert asking.count(1) == 0
    asking.later(minutes=1)
    assert asking.count(1) == 1


def test_one_message_a_second_is_really_one(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_second=1))
    taken = 0
    for _step in range(101):
        taken += asking.count(100)
        asking.later(seconds=0.1)
    assert taken == 11


@pytest.mark.rule("E58")
def test_warming_up_gives_each_day_its_number_and_afterwards_any(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(warm_up=(50, 100, 200)))
    taken = []
    for _day in range(5):
        morning = asking.count(120)
        asking.later(hours=12)
        taken.append(morning + asking.count(10_000))
        asking.later(hours=12)
    assert taken == [50, 100, 200, 10_120, 10_120]


@pytest.mark.rule("E58")
def test_the_days_of_a_warm_up_are_counted_from_the_first_message(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(warm_up=(50, 100, 200)))
    assert asking.count(10) == 10
    asking.later(days=2, hours=3)
    assert asking.count(10_000) == 200


def test_a_pause_is_counted_from_the_last_message_of_the_batch(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(batch=100, pause_seconds=30))
    assert asking.count(60) == 60
    asking.later(seconds=29)
    assert asking.count(60) == 40
    asking.later(seconds=29)
    assert asking.count(1) == 0
    asking.later(seconds=1)
    assert asking.count(200) == 100


def test_a_batch_that_stood_still_for_the_pause_begins_anew(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(batch=100, pause_seconds=30))
    asking.count(99)
    asking.later(seconds=30)
    assert asking.count(200) == 100


def test_a_throttled_domain_holds_up_only_itself(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_domain={"gmail.com": 3}))
    assert asking.grant({"gmail.com": 90, "a.example": 10}) == {"gmail.com": 3, "a.example": 10}
    assert asking.held() == Held(False, frozenset({"gmail.com"}))
    assert asking.grant({"gmail.com": 1, "a.example": 90}) == {"gmail.com": 0, "a.example": 90}


def test_each_other_domain_is_counted_for_itself(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_domain={"gmail.com": 300, "*": 5}))
    wanted = {"gmail.com": 200, "a.example": 7, "b.example": 4}
    assert asking.grant(wanted) == {"gmail.com": 200, "a.example": 5, "b.example": 4}
    assert asking.grant(wanted) == {"gmail.com": 100, "a.example": 0, "b.example": 1}
    assert asking.held() == Held(False, frozenset({"gmail.com", "a.example", "b.example"}))


def test_channels_are_counted_apart(shop: Shop) -> None:
    email, sms = (Asking(shop.session, Limits(per_hour=10), name) for name in ("email", "sms"))
    assert email.count(10) == 10
    assert sms.held() == NOTHING
    assert sms.grant({"": 20}) == {"": 10}
    assert sms.held() == EVERYTHING


def test_all_messages_of_a_channel_without_domains_are_one_domains(shop: Shop) -> None:
    sms = Asking(shop.session, Limits(per_domain={"*": 10}), "sms")
    assert sms.grant({"": 20}) == {"": 10}
    assert sms.held() == EVERYTHING


def test_what_was_counted_outlives_the_process(shop: Shop) -> None:
    for expected in ([60, 40], [0, 0]):
        engine = worker_engine(shop.plugin.engine)
        with Session(engine) as session:
            asking = Asking(session, Limits(per_hour=100))
            assert [asking.count(60), asking.count(60)] == expected
        engine.dispose()


def test_the_clock_is_the_databases(shop: Shop) -> None:
    channel = MemoryChannel(limits=Limits(per_second=1))
    granted = allowance.grant(shop.session, channel, BERLIN, {"a.example": 5})
    shop.session.commit()
    assert granted.at is not None
    assert abs(datetime.now(UTC) - granted.at) < timedelta(seconds=5)
    assert granted == {"a.example": 1}
