"""A claim on its way out: while one window is being sent, the next is marked; then the first is settled.

Never more than two windows of a process are ``sending``, and no transaction is open while the channel talks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

from ...channel import Sender
from .claims import Claimed
from .flight import Flight
from .outcomes import Streak
from .pace import Pace
from .window import Marked, Window

log = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds for which outcomes are kept while the database cannot be reached."""

PATIENCE_AT_THE_END = 3.0

_T = TypeVar("_T")


class Sending:
    """Works off one claim.

    :param until: on the monotonic clock, when the claim's lease is half over.
    :param stop: set when the worker shall end.
    """

    def __init__(
        self,
        window: Window,
        sender: Sender,
        pace: Pace,
        pool: ThreadPoolExecutor,
        *,
        until: float,
        stop: threading.Event,
    ) -> None:
        self._window, self._sender, self._pace, self._pool = window, sender, pace, pool
        self._until, self._stop = until, stop
        self._streak = Streak()

    def work_off(self, claimed: Sequence[Claimed]) -> None:
        """Until all has left, the claim is half over or ended from outside, or the worker shall stop.

        :raises OurFault: when the provider refuses us.
        :raises BaseException: whatever ended the channel's sending; what it has said by then is settled.
        """
        before: tuple[Marked, Flight] | None = None
        try:
            for rows in self._windows(claimed):
                if before is not None and not self._pace.brief:
                    before[1].land(self._stop)
                marked = self._window.mark(rows)
                if not self._clear(before):
                    self._patiently(partial(self._window.unmark, marked))
                    break
                flight = Flight(self._pool, self._sender, marked.messages, marked.until)
                landed, before = before, (marked, flight)
                self._settle(landed)
                if marked.last:
                    break
        finally:
            self._settle(before)

    def _windows(self, claimed: Sequence[Claimed]) -> Iterator[Sequence[Claimed]]:
        begun = 0
        while begun < len(claimed):
            size = self._pace.window
            yield claimed[begun : begun + size]
            begun += size

    def _clear(self, before: tuple[Marked, Flight] | None) -> bool:
        """Whether the next window may leave; waits until the one before has landed."""
        if before is not None and before[1].land(self._stop) is not None:
            return False
        return not self._stop.is_set() and monotonic() < self._until

    def _settle(self, landed: tuple[Marked, Flight] | None) -> None:
        if landed is None:
            return
        marked, flight = landed
        error = flight.land(self._stop)
        self._pace.learn(len(flight.answers), flight.seconds)
        counts = self._patiently(partial(self._window.settle, marked, flight.answers))
        log.info("%s: %s", self._window, ", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
        if error is not None:
            raise error
        self._streak.heed(flight.answers)

    def _patiently(self, write: Callable[[], _T]) -> _T:
        """What a mail server has answered must not be forgotten because the database restarts."""
        patience = monotonic() + PATIENCE
        while True:
            try:
                return write()
            except (OperationalError, InterfaceError) as error:
                if monotonic() > patience:
                    raise
                log.warning("outcomes wait for the database: %s", str(error.orig).splitlines()[0])
                if self._stop.wait(0.5):
                    patience = min(patience, monotonic() + PATIENCE_AT_THE_END)
