"""A window of messages that several connections work through together."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from time import monotonic

from ...channel import Message, Outcome
from . import reasons
from .loss import Loss

BROKEN_OFF = Loss(reasons.BROKEN_OFF)
OVERDUE = Loss(reasons.OVERDUE)


class Share:
    """Each connection takes what it can carry next.

    :param until: on the monotonic clock; no message is begun after it.
    :param outcomes: what is known before any server is asked; connections in other threads add theirs.
    """

    def __init__(self, window: Sequence[Message], until: float, outcomes: Sequence[Outcome] = ()) -> None:
        self.waiting = deque(window)
        self.until = until
        self.outcomes = deque(outcomes)
        self.aborted = False
        self.loss: Loss = BROKEN_OFF
        """Why the last connection was lost."""
        self.fault: BaseException | None = None
        self._helpers = threading.Condition()
        self._helping = 0
        self._over = False

    def take(self) -> Message | None:
        """The next message; None when there is none or none may be begun."""
        try:
            return self.waiting.popleft() if self.may_begin else None
        except IndexError:
            return None

    @property
    def may_begin(self) -> bool:
        return not self.aborted and monotonic() <= self.until

    def rest(self) -> Iterator[Outcome]:
        """Of what nobody could take."""
        loss = self.loss if self.may_begin else BROKEN_OFF if self.aborted else OVERDUE
        while self.waiting:
            yield loss.refusal(self.waiting.popleft())

    def reported(self) -> Iterator[Outcome]:
        while self.outcomes:
            yield self.outcomes.popleft()

    def enter(self) -> bool:
        """A connection in another thread helps; False when it comes too late."""
        with self._helpers:
            self._helping += not self._over
            return not self._over

    def leave(self, fault: BaseException | None) -> None:
        with self._helpers:
            self.fault = fault or self.fault
            self._helping -= 1
            self._helpers.notify()

    def finish(self) -> None:
        """Wait for those who help, not for those who are still on their way.

        :raises BaseException: a fault of ours in another thread.
        """
        with self._helpers:
            self._over = True
            self._helpers.wait_for(lambda: not self._helping)
        if self.fault:
            raise self.fault
