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

_WORTH_A_CONNECTION = 10
"""For so many messages of a window another connection is opened."""

_REST_SECONDS = 60.0
"""For so long a server that refused another connection is not asked for one."""


class Pool:
    """Up to so many connections, each opened when a window needs it."""

    def __init__(self, server: MailServer, sender: str, connections: int) -> None:
        self._first = Line(server, sender)
        self._helpers = [_Helper(Line(server, sender)) for _ in range(connections - 1)]
        self._share = Share((), 0)

    def open(self) -> None:
        """:raises ChannelError: when the server cannot be reached or does not let us in."""
        self._first.ready()

    def close(self) -> None:
        for helper in self._helpers:
            helper.close()
        self._first.leave()

    def send(self, window: Sequence[Message], until: float, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
        """Begin with a window; ``outcomes`` come out with the others."""
        self._share = share = Share(window, until, outcomes)
        self._first.begin()
        for helper in self._helpers:
            helper.line.begin()
        return self._work(share)

    def abort(self) -> None:
        """From another thread: what is in flight ends at once."""
        self._share.aborted = True
        self._first.breaker.break_off()
        for helper in self._helpers:
            helper.line.breaker.break_off()

    def _work(self, share: Share) -> Iterator[Outcome]:
        try:
            for helper in self._helpers[: max(0, len(share.waiting) - 1) // _WORTH_A_CONNECTION]:
                helper.help(share)
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


class _Helper:
    """Another connection of the pool, and the thread it works in."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._thread = threading.Thread()
        self._not_before = 0.0

    def help(self, share: Share) -> None:
        """Join in as soon as there is a connection; a server that gives none is left in peace for a while."""
        if not self._thread.is_alive() and monotonic() >= self._not_before:
            self._thread = threading.Thread(target=self._work, args=(share,), name="smtp", daemon=True)
            self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self.line.breaker.break_off()
            self._thread.join(FAREWELL_SECONDS)
        self.line.leave()

    def _work(self, share: Share) -> None:
        try:
            self.line.ready()
        except ChannelError:
            self._rest(share)
            return
        if not share.enter():
            return
        fault: BaseException | None = None
        try:
            for outcome in self.line.work(share):
                share.outcomes.append(outcome)
            if self.line.has_given_up:
                self._rest(share)
        except BaseException as error:
            fault = error
        finally:
            share.leave(fault)

    def _rest(self, share: Share) -> None:
        if not share.aborted:
            self._not_before = monotonic() + _REST_SECONDS
