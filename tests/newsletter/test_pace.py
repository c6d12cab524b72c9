"""A window is what leaves in about a second, a claim what leaves in half a lease."""

from __future__ import annotations

import pytest

from webshop_segments.newsletter.engine.pace import Pace

pytestmark = pytest.mark.once


def test_a_fast_channel_reaches_its_largest_window_by_doubling() -> None:
    pace = Pace(100)
    windows = []
    for _ in range(6):
        windows.append(pace.window)
        pace.learn(pace.window, 0.01)
    assert windows == [10, 20, 40, 80, 100, 100]
    assert pace.claim(lease_seconds=60) == 2000


def test_a_slow_server_gets_small_windows_and_small_claims() -> None:
    pace = Pace(100)
    pace.learn(10, 5.0)
    assert pace.window == 2
    assert pace.claim(lease_seconds=60) == 60
    assert not pace.brief


def test_one_message_a_second_is_one_message_a_window() -> None:
    pace = Pace(1)
    pace.learn(1, 1.2)
    assert pace.window == 1
    assert pace.claim(lease_seconds=60) == 20
    pace.learn(1, 40.0)
    assert pace.claim(lease_seconds=60) == 1


def test_a_window_in_which_nothing_left_teaches_nothing() -> None:
    pace = Pace(100)
    pace.learn(0, 3.0)
    assert pace.window == 10
