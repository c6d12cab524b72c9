"""What was granted and did not leave goes back to where it was taken from, and the next may have it."""

from __future__ import annotations

from tests.newsletter.asking import EVERYTHING, NOTHING, Asking
from tests.shops import Shop
from webshop_segments.limits import Limits
from webshop_segments.newsletter.limits.allowance import Held


def test_what_one_rule_refuses_is_returned_to_the_others(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_second=10, per_hour=25, per_domain={"a.example": 18}))
    both = {"a.example": 15, "b.example": 15}
    assert asking.grant(both) == {"a.example": 10, "b.example": 0}
    asking.later(seconds=1)
    assert asking.grant(both) == {"a.example": 8, "b.example": 2}
    assert asking.held() == Held(True, frozenset({"a.example"}))
    asking.later(seconds=1)
    assert asking.held() == Held(False, frozenset({"a.example"}))
    assert asking.grant(both) == {"a.example": 0, "b.example": 5}
    asking.later(seconds=1)
    assert asking.held() == Held(True, frozenset({"a.example"}))


def test_returned_messages_are_the_next_ones(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_second=50, per_hour=100))
    first = asking.grant(80)
    assert first == {"a.example": 50}
    assert asking.held() == EVERYTHING
    asking.give_back(20, first)
    assert asking.held() == NOTHING
    assert asking.count(80) == 20
    asking.later(seconds=1)
    assert asking.count(80) == 50


def test_messages_returned_after_their_window_do_not_widen_the_next(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_second=50))
    first = asking.grant(50)
    asking.later(seconds=1)
    assert asking.count(50) == 50
    asking.give_back(50, first)
    assert asking.count(1) == 0


def test_a_window_whose_messages_all_came_back_has_not_begun(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_second=50))
    asking.give_back(50, asking.grant(50))
    asking.later(seconds=0.9)
    assert asking.count(50) == 50
    asking.later(seconds=0.9)
    assert asking.count(1) == 0


def test_returning_more_than_was_granted_gains_nothing(shop: Shop) -> None:
    asking = Asking(shop.session, Limits(per_second=50))
    first = asking.grant(10)
    for _twice in range(2):
        asking.give_back(40, first)
    assert asking.count(80) == 50
