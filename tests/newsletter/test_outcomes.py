"""What answers mean for a delivery, and which of them stop a dispatch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from webshop_segments import Accepted, Rejected, Unknown
from webshop_segments.newsletter.engine.outcomes import MOST_REFUSED, OurFault, Streak, judged

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("outcome", "attempts", "status"),
    [
        (Accepted(1, "queued-7"), 0, "sent"),
        (Unknown(1, "lost"), 0, "unknown"),
        (Rejected(1, "550 5.1.1", permanent=True), 0, "bounced"),
        (Rejected(1, "550 5.7.1", permanent=True, about_us=True), 0, "queued"),
        (Rejected(1, "451 4.3.0", permanent=False), 0, "queued"),
        (Rejected(1, "451 4.3.0", permanent=False), 10, "queued"),
        (Rejected(1, "451 4.3.0", permanent=False), 11, "failed"),
    ],
)
@pytest.mark.rule("E50")
def test_an_answer_becomes_a_status(outcome: Accepted | Rejected | Unknown, attempts: int, status: str) -> None:
    assert judged(outcome, attempts).status == status


@pytest.mark.rule("E51")
def test_delays_double_and_together_last_between_one_and_three_days() -> None:
    waits = [judged(Rejected(1, "451", permanent=False), attempts).wait or 0 for attempts in range(11)]
    assert all(later == 2 * earlier for earlier, later in zip(waits, waits[1:], strict=False))
    assert 24 * 3600 <= sum(waits) <= 72 * 3600


def _refused(count: int, first: int = 0) -> list[Rejected]:
    return [Rejected(first + number, "550 5.1.1 no such user", permanent=True) for number in range(count)]


def test_many_refused_in_a_row_over_several_windows_stop_the_dispatch() -> None:
    streak = Streak()
    streak.heed(_refused(MOST_REFUSED - 1))
    with pytest.raises(OurFault, match=r"5\.1\.1"):
        streak.heed(_refused(1))


def test_one_accepted_in_between_ends_the_row() -> None:
    streak = Streak()
    streak.heed(_refused(MOST_REFUSED - 1))
    streak.heed([Accepted(1)])
    streak.heed(_refused(MOST_REFUSED - 1))


@pytest.mark.rule("E53")
@pytest.mark.parametrize(("blames", "accepted", "stops"), [(1, 0, True), (2, 5, False), (3, 5, True), (0, 0, False)])
def test_blames_stop_a_dispatch_alone_or_together(blames: int, accepted: int, stops: bool) -> None:
    answers: list[Accepted | Rejected] = [Accepted(number) for number in range(accepted)]
    answers += [Rejected(100 + number, "550 5.7.1", permanent=True, about_us=True) for number in range(blames)]
    heed: Callable[[], None] = lambda: Streak().heed(answers)  # noqa: E731
    if stops:
        with pytest.raises(OurFault):
            heed()
    else:
        heed()
