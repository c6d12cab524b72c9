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
        """A fault of ours in another thread."""
        self._companions = threading.Condition()
        self._present = 0
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
        """A connection in another thread joins in; False when it comes too late."""
        with self._companions:
            self._present += not self._over
            return not self._over

    def leave(self) -> None:
        with self._companions:
            self._present -= 1
            self._companions.notify()

    def finish(self) -> None:
        """Wait for those who have joined in, not for those who are still on their way.

        :raises BaseException: the ``fault``.
        """
        with self._companions:
            self._over = True
            self._companions.wait_for(lambda: not self._present)
        if self.fault:
            raise self.fault
