"""E-mail by SMTP, on several connections and pipelined where the server allows it; each message has one outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parseaddr
from types import TracebackType
from typing import Any

import flask_mail

from ...channel import Accepted, Message, Outcome, Rejected
from ...limits import Limits
from .faults import Place
from .opening import MailServer
from .pool import Pool
from .reasons import in_plain_words

_ADDRESS = re.compile(r"[^\s<>@\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+")


class EmailChannel:
    """The mail server of Flask-Mail's MAIL_* settings.

    :param timeout: seconds to wait for a connection and for each reply.
    :param connections: how many to the server at once, at most; a small window opens only one.
    :param limits: how fast it may send; by default as fast as it can.
    :param mended: where a fault can be put right, for the sentence that says so.
    """

    name: str = "email"
    window: int = 100

    def __init__(
        self,
        mail: flask_mail.Mail,
        *,
        timeout: float = 15,
        connections: int = 2,
        limits: Limits | None = None,
        mended: Place = Place.SETTINGS,
    ) -> None:
        self.limits = limits or Limits()
        self._mail = mail
        self._timeout = timeout
        self._connections = connections
        self._mended = mended

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], *, timeout: float = 15, connections: int = 2, limits: Limits | None = None
    ) -> EmailChannel:
        """Read the settings as Flask-Mail does."""
        mail = flask_mail.Mail()
        mail.state = mail.init_mail(dict(config), config.get("DEBUG", False), config.get("TESTING", False))
        return cls(mail, timeout=timeout, connections=connections, limits=limits)

    @property
    def sender(self) -> tuple[str, str] | None:
        """Name and address of MAIL_DEFAULT_SENDER."""
        default = self._mail.default_sender
        if not default:
            return None
        name, address = default if isinstance(default, tuple) else parseaddr(default)
        return name, address

    def at(self, settings: Mapping[str, Any], limits: Limits) -> EmailChannel:
        """The same channel with the mail server of the panel's account, given in MAIL_* settings."""
        mail = flask_mail.Mail()
        mail.state = mail.init_mail({"MAIL_SUPPRESS_SEND": self._mail.suppress, **settings})
        return EmailChannel(
            mail, timeout=self._timeout, connections=self._connections, limits=limits, mended=Place.ACCOUNT
        )

    def open(self) -> EmailSender:
        """The first connection is made when the block is entered."""
        return EmailSender(MailServer(self._mail, self._timeout, self._mended), self.sender, self._connections)


class EmailSender:
    """Connections to the mail server, each renewed where it is lost."""

    def __init__(self, server: MailServer, sender: tuple[str, str] | None, connections: int) -> None:
        self._sender = sender[1] if sender else None
        self._pool = None if server.suppressed else Pool(server, self._sender or "", connections)

    def __enter__(self) -> EmailSender:
        """:raises ChannelError: when the server cannot be reached or does not let us in."""
        if self._pool:
            self._pool.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.close()

    def send(self, window: Sequence[Message], until: float) -> Iterator[Outcome]:
        """Hand over each message; a connection lost twice in a row is not renewed for the same window."""
        unfit = {message.number: outcome for message in window if (outcome := self._unfit(message))}
        fit = [message for message in window if message.number not in unfit]
        if self._pool:
            return self._pool.send(fit, until, list(unfit.values()))
        return iter([unfit.get(message.number) or Accepted(message.number) for message in window])

    def abort(self) -> None:
        """Break off ``send`` from another thread: what may have left is unknown, the rest was not sent."""
        if self._pool:
            self._pool.abort()

    def _unfit(self, message: Message) -> Rejected | None:
        """The outcome where no server need be asked."""
        sender = self._sender if message.sender is None else message.sender
        if sender is None:
            reason = "There is no sender: set MAIL_DEFAULT_SENDER."
            return Rejected(message.number, reason, permanent=True, about_us=True)
        if sender and not _ADDRESS.fullmatch(sender):
            reason = in_plain_words(f"The sender {sender} is no address.")
            return Rejected(message.number, reason, permanent=True, about_us=True)
        if not _ADDRESS.fullmatch(message.address):
            return Rejected(message.number, in_plain_words(f"{message.address} is no address."), permanent=True)
        return None
