"""A claim on its way out: what happens to its windows when something ends it early."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from webshop_segments import Accepted, Message, Rejected
from webshop_segments.channel import Outcome
from webshop_segments.newsletter.engine.claims import Claimed
from webshop_segments.newsletter.engine.outcomes import OurFault
from webshop_segments.newsletter.engine.pace import Pace
from webshop_segments.newsletter.engine.sending import Sending
from webshop_segments.newsletter.engine.window import Marked

pytestmark = pytest.mark.once

CLAIMED = [Claimed(number, "contact", str(number), f"p{number}@example.com", "", "", 0) for number in range(6)]


class Windows:
    """Notes what is marked, settled and given back."""

    def __init__(self, faults: int = 0, last: int = 9) -> None:
        self.marked: list[int] = []
        self.settled: list[int] = []
        self.unmarked: list[int] = []
        self._faults, self._last = faults, last

    def mark(self, claimed: Sequence[Claimed]) -> Marked:
        self.marked += [row.number for row in claimed]
        messages = [Message(row.number, row.address, b"") for row in claimed]
        return Marked(messages, {}, {row.number: row for row in claimed}, self._ends(), None, time.monotonic() + 60)

    def _ends(self) -> bool:
        return len(self.marked) >= self._last

    def settle(self, marked: Marked, answers: Sequence[Outcome]) -> Counter[str]:
        if self._faults:
            self._faults -= 1
            raise OperationalError("UPDATE", {}, Exception("the database system is starting up"))
        self.settled += [answer.number for answer in answers]
        return Counter()

    def unmark(self, marked: Marked) -> None:
        self.unmarked += marked.numbers


class Line:
    """Answers as it is told; ``abort`` ends a wait."""

    def __init__(self, answer: Callable[[Message], Outcome]) -> None:
        self._answer = answer
        self.aborted = threading.Event()

    def send(self, window: Sequence[Message], until: float) -> Iterator[Outcome]:
        return map(self._answer, window)

    def abort(self) -> None:
        self.aborted.set()


@pytest.fixture
def work_off() -> Iterator[Callable[..., None]]:
    pool = ThreadPoolExecutor(1)

    def work(window: Windows, line: Line, *, stop: threading.Event | None = None) -> None:
        until, stop = time.monotonic() + 60, stop or threading.Event()
        fakes: tuple[Any, Any] = (window, line)
        Sending(*fakes, Pace(2), pool, until=until, stop=stop).work_off(CLAIMED)

    yield work
    pool.shutdown()


def test_every_window_is_marked_sent_and_settled(work_off: Callable[..., None]) -> None:
    windows = Windows()
    work_off(windows, Line(lambda message: Accepted(message.number)))
    assert windows.marked == windows.settled == [0, 1, 2, 3, 4, 5]


def test_outcomes_are_kept_while_the_database_cannot_be_reached(work_off: Callable[..., None]) -> None:
    windows = Windows(faults=2)
    work_off(windows, Line(lambda message: Accepted(message.number)))
    assert windows.settled == [0, 1, 2, 3, 4, 5]


def test_a_fault_of_the_channel_settles_what_is_known_and_gives_back_what_was_marked_ahead(
    work_off: Callable[..., None],
) -> None:
    def broken(message: Message) -> Outcome:
        if message.number == 3:
            raise ZeroDivisionError
        return Accepted(message.number)

    windows = Windows()
    with pytest.raises(ZeroDivisionError):
        work_off(windows, Line(broken))
    assert windows.settled == [0, 1, 2]
    assert windows.unmarked == windows.marked[4:]


def test_a_paused_dispatch_ends_the_claim_with_the_window_that_noticed(work_off: Callable[..., None]) -> None:
    windows = Windows(last=4)
    work_off(windows, Line(lambda message: Accepted(message.number)))
    assert windows.marked == windows.settled == [0, 1, 2, 3]


def test_a_refusal_about_us_stops_after_what_is_under_way(work_off: Callable[..., None]) -> None:
    windows = Windows()
    with pytest.raises(OurFault):
        work_off(windows, Line(lambda message: Rejected(message.number, "550 5.7.1", permanent=True, about_us=True)))
    assert 2 <= len(windows.settled) <= 4
    assert sorted(windows.settled + windows.unmarked) == windows.marked


def test_a_line_that_stalls_is_broken_off_when_the_worker_shall_stop(work_off: Callable[..., None]) -> None:
    stop, windows = threading.Event(), Windows()

    def stalled(message: Message) -> Outcome:
        stop.set()
        assert line.aborted.wait(30)
        return Rejected(message.number, "broken off", permanent=False)

    line = Line(stalled)
    work_off(windows, line, stop=stop)
    assert windows.settled == [0, 1]
    assert sorted(windows.settled + windows.unmarked) == windows.marked
