"""A channel that keeps what it is given: for tests and dry runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

from ...channel import Accepted, Message, Outcome, Rejected
from ...errors import ChannelError
from ...limits import Limits
from .reasons import not_begun


class MemoryChannel:
    """Accepts everything, unless told otherwise.

    :param outcomes: answers a message; what it raises comes out of ``send``, as a crash would.
    :param trouble: raised when the channel is entered.
    :param sender: name and address of the default sender.
    :param limits: how fast it may send; by default as fast as it can.
    """

    window: int = 100

    def __init__(
        self,
        name: str = "email",
        outcomes: Callable[[Message], Outcome] | None = None,
        *,
        trouble: ChannelError | None = None,
        sender: tuple[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.name = name
        self.outcomes = outcomes or _accepted
        self.trouble = trouble
        self.sender = sender
        self.limits = limits or Limits()
        self.sent: list[Message] = []
        """What left: every message that was not rejected, in order."""

    def open(self) -> MemorySender:
        return MemorySender(self)


class MemorySender:
    """Asks the channel's ``outcomes`` for each message."""

    def __init__(self, channel: MemoryChannel) -> None:
        self._channel = channel
        self._aborted = False

    def __enter__(self) -> MemorySender:
        """:raises ChannelError: the channel's ``trouble``."""
        if self._channel.trouble is not None:
            raise self._channel.trouble
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def send(self, window: Sequence[Message], until: float) -> Iterator[Outcome]:
        self._aborted = False
        return self._outcomes(window, until)

    def abort(self) -> None:
        """What was not begun is refused for now."""
        self._aborted = True

    def _outcomes(self, window: Sequence[Message], until: float) -> Iterator[Outcome]:
        for message in window:
            outcome = not_begun(message, until, aborted=self._aborted) or self._channel.outcomes(message)
            if not isinstance(outcome, Rejected):
                self._channel.sent.append(message)
            yield outcome


def _accepted(message: Message) -> Accepted:
    return Accepted(message.number, f"memory-{message.number}")
