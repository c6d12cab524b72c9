"""Several connections to one mail server; the first works in the caller's thread, each other in its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from time import monotonic

from ...channel import Message, Outcome
from ...errors import ChannelError
from .line import Line
from .opening import MailServer
from .share import Share
from .smtp import FAREWELL_SECONDS

_CARRIED_ALONE = 10
"""So many messages of a window one connection carries alone."""

_WORTH_A_CONNECTION = 2
"""Beyond that, for so many messages another connection is opened: at a distance each round trip counts."""

_REST_SECONDS = 60.0
"""For so long a server that refused another connection is not asked for one."""


class Pool:
    """Up to so many connections, each opened when a window needs it."""

    def __init__(self, server: MailServer, sender: str, connections: int) -> None:
        self._first = Line(server, sender)
        self._companions = [_Companion(Line(server, sender)) for _ in range(connections - 1)]
        self._share = Share((), 0)

    def open(self) -> None:
        """:raises ChannelError: when the server cannot be reached or does not let us in."""
        self._first.ready()

    def close(self) -> None:
        for companion in self._companions:
            companion.close()
        self._first.leave()

    def send(self, window: Sequence[Message], until: float, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
        """Begin with a window; ``outcomes`` come out with the others."""
        self._share = share = Share(window, until, outcomes)
        self._first.start_over()
        for companion in self._companions:
            companion.line.start_over()
        return self._work(share)

    def abort(self) -> None:
        """From another thread: what is in flight ends at once."""
        self._share.aborted = True
        self._first.breaker.break_off()
        for companion in self._companions:
            companion.line.breaker.break_off()

    def _work(self, share: Share) -> Iterator[Outcome]:
        try:
            if len(share.waiting) > _CARRIED_ALONE:
                for companion in self._companions[: len(share.waiting) // _WORTH_A_CONNECTION]:
                    companion.join_in(share)
            for outcome in self._first.work(share):
                yield outcome
                yield from share.reported()
            share.finish()
            # Another connection may have given back what it could not send.
            yield from self._first.work(share)
            yield from share.reported()
            yield from share.rest()
        except BaseException:
            self.abort()
            share.finish()
            raise


class _Companion:
    """Another connection of the pool, and the thread it works in."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._thread: threading.Thread | None = None
        self._busy = False
        self._not_before = 0.0

    def join_in(self, share: Share) -> None:
        """Join in as soon as there is a connection; a server that gives none is left in peace for a while."""
        if not self._busy and monotonic() >= self._not_before:
            self._busy = True
            self._thread = threading.Thread(target=self._work, args=(share,), name="smtp", daemon=True)
            self._thread.start()

    def close(self) -> None:
        if self._thread and self._busy:
            self.line.breaker.break_off()
            self._thread.join(FAREWELL_SECONDS)
        self.line.leave()

    def _work(self, share: Share) -> None:
        refused = joined = False
        try:
            self.line.ready()
            joined = share.enter()
            for outcome in self.line.work(share) if joined else ():
                share.outcomes.append(outcome)
        except ChannelError:
            refused = True
        except BaseException as error:
            share.fault = error
        if (refused or self.line.has_given_up) and not share.aborted:
            self._not_before = monotonic() + _REST_SECONDS
        # Before the window ends, so that the next one finds it free.
        self._busy = False
        if joined:
            share.leave()
