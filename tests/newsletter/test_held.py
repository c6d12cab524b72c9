"""What a worker must not claim: used up, resting, outside the sending hours; and what no longer holds it."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from tests.newsletter.asking import EVERYTHING, NOTHING, Asking
from tests.shops import Shop, Statements
from webshop_segments.limits import Limits
from webshop_segments.newsletter.limits.allowance import Held


def test_a_limit_lowered_below_what_was_used_grants_nothing(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_hour=100))
    asking.count(80)
    asking.configure(Limits(per_hour=50))
    assert asking.count(10) == 0
    assert asking.held() == EVERYTHING
    asking.later(hours=1)
    assert asking.count(80) == 50


@pytest.mark.parametrize("limits", [Limits(), Limits(per_hour=200), Limits(per_second=100)])
def test_a_limit_raised_or_taken_away_holds_nothing_any_more(shop: Shop, limits: Limits) -> None:
    asking = Asking(shop.session, Limits(per_hour=100))
    asking.count(100)
    assert asking.held() == EVERYTHING
    asking.configure(limits)
    assert asking.held() == NOTHING
    assert asking.count(100) == 100


def test_outside_the_sending_hours_everything_waits_and_nothing_is_counted(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_hour=100, hours=(time(8), time(20))))
    asking.now = datetime(2026, 10, 25, 6, 59, 59, tzinfo=UTC)
    assert asking.held() == EVERYTHING
    assert asking.count(100) == 0
    asking.later(seconds=1)
    assert asking.held() == NOTHING
    assert asking.count(100) == 100


@pytest.mark.rule("E52")
@pytest.mark.parametrize("limits", [Limits(), Limits(per_domain={"*": 10})])
def test_a_domain_whose_server_wants_rest_gets_it_and_never_less_than_promised(shop: Shop, limits: Limits) -> None:
    asking = Asking(shop.session, limits)
    asking.hold("gmail.com", 600)
    asking.hold("gmail.com", 5)
    asking.later(seconds=599)
    assert asking.held() == Held(False, frozenset({"gmail.com"}))
    asking.later(seconds=1)
    assert asking.held() == NOTHING
    asking.hold("", 10)
    assert asking.held() == EVERYTHING


def test_asking_what_is_held_is_one_statement(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_second=1, per_hour=5, per_domain={"*": 5}, hours=(time(0), time.max)))
    asking.count(5)
    with Statements(shop.plugin.engine) as statements:
        asking.held()
    assert len(statements.texts) == 1
