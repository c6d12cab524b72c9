"""Port 3: a channel takes windows of messages and reports what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from .limits import Limits


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address.

    :param number: the delivery's number, unique in its window.
    :param content: a complete RFC 5322 message for e-mail, the text for SMS.
    :param sender: envelope sender (e-mail) or sender number (SMS); None leaves it to the channel.
    :param status_url: where a provider may tell what became of it later.
    :param in_lines: each of its lines is known to end in CRLF, and none to begin with a dot: it may travel as it is.
    """

    number: int
    address: str
    content: bytes
    sender: str | None = None
    status_url: str | None = None
    in_lines: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message over."""

    number: int
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider said no.

    :param permanent: never the same message to that recipient again (5yz); else later again (4yz).
    :param about_us: the fault is the shop's (policy, login, blocked), the address is fine (E53).
    """

    number: int
    reason: str
    permanent: bool
    about_us: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The message may or may not have been taken over; it is never sent again by itself (E55)."""

    number: int
    reason: str = field(default="")


Outcome = Accepted | Rejected | Unknown


class Sender(Protocol):
    """An open line to the provider, used as a context manager."""

    def __enter__(self) -> Sender: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, window: Sequence[Message], until: float) -> Iterable[Outcome]:
        """Exactly one outcome per message, in any order, whatever happens on the line.

        :param until: on the monotonic clock; no message is begun after it, and those are refused for now: a process
            that was stalled must not send what another has taken meanwhile.
        """

    def abort(self) -> None:
        """From another thread: break off what is in flight; ``send`` then ends at once, with all its outcomes."""


class Channel(Protocol):
    """A way to reach people."""

    @property
    def name(self) -> str:
        """'email', 'sms' or 'whatsapp'."""

    @property
    def window(self) -> int:
        """How many messages leave in about a second at best, at most 100."""

    @property
    def limits(self) -> Limits:
        """How fast it may send."""

    def open(self) -> Sender:
        """:raises ChannelError: when nothing can be sent at all."""
