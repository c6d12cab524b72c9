"""E-mail by SMTP: one message after the other on one connection, each with exactly one outcome."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parseaddr
from types import TracebackType
from typing import Any

import flask_mail

from ...channel import Accepted, Message, Outcome, Rejected, Unknown
from ...errors import ChannelError
from .reasons import in_plain_words
from .smtp import ServerLine
from .smtp_replies import acceptance, is_policy, refusal

_ADDRESS = re.compile(r"[^\s<>@\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+")

_LOSSES_IN_A_ROW = 2


class EmailChannel:
    """The mail server of Flask-Mail's MAIL_* settings.

    :param timeout: seconds to wait for a connection and for each reply.
    """

    name: str = "email"
    window: int = 100

    def __init__(self, mail: flask_mail.Mail, *, timeout: float = 15) -> None:
        self._mail = mail
        self._timeout = timeout

    @classmethod
    def from_config(cls, config: Mapping[str, Any], *, timeout: float = 15) -> EmailChannel:
        """Read the settings as Flask-Mail does."""
        mail = flask_mail.Mail()
        mail.state = mail.init_mail(dict(config), config.get("DEBUG", False), config.get("TESTING", False))
        return cls(mail, timeout=timeout)

    @property
    def sender(self) -> tuple[str, str] | None:
        """Name and address of MAIL_DEFAULT_SENDER."""
        default = self._mail.default_sender
        if not default:
            return None
        name, address = default if isinstance(default, tuple) else parseaddr(default)
        return name, address

    def open(self) -> EmailSender:
        """The connection is made when the block is entered."""
        return EmailSender(ServerLine(self._mail, self._timeout), self.sender)


class EmailSender:
    """A connection to the mail server, renewed where it is lost."""

    def __init__(self, line: ServerLine, sender: tuple[str, str] | None) -> None:
        self._line = line
        self._sender = sender[1] if sender else None
        self._lost: list[_Lost] = []

    def __enter__(self) -> EmailSender:
        """:raises ChannelError: when the server cannot be reached or does not let us in."""
        self._line.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.__exit__(kind, error, trace)

    def send(self, window: Sequence[Message]) -> Iterator[Outcome]:
        """Hand over each message and yield its outcome; two lost connections in a row end the window's sending."""
        self._lost.clear()
        for message in window:
            yield self._unfit(message) or self._outcome(message)

    def _unfit(self, message: Message) -> Outcome | None:
        """The outcome where no server need be asked."""
        sender = self._envelope_sender(message)
        if sender is None:
            reason = "There is no sender: set MAIL_DEFAULT_SENDER."
            return Rejected(message.number, reason, permanent=True, about_us=True)
        if sender and not _ADDRESS.fullmatch(sender):
            reason = in_plain_words(f"The sender {sender} is no address.")
            return Rejected(message.number, reason, permanent=True, about_us=True)
        if not _ADDRESS.fullmatch(message.address):
            return Rejected(message.number, in_plain_words(f"{message.address} is no address."), permanent=True)
        return Accepted(message.number) if self._line.mail.suppress else None

    def _envelope_sender(self, message: Message) -> str | None:
        return self._sender if message.sender is None else message.sender

    def _outcome(self, message: Message) -> Outcome:
        while len(self._lost) < _LOSSES_IN_A_ROW:
            try:
                outcome = self._hand_over(message)
            except _Lost as lost:
                self._line.drop()
                self._lost.append(lost)
                if lost.after == "content":
                    return Unknown(message.number, lost.reason)
                if lost.after != "nothing":
                    break
            else:
                self._lost.clear()
                return outcome
        last = self._lost[-1]
        return Rejected(message.number, last.reason, permanent=False, about_us=last.about_us)

    def _hand_over(self, message: Message) -> Outcome:
        try:
            host = self._line.ready()
        except ChannelError as error:
            raise _Lost("nothing", str(error), about_us=error.permanent) from error
        sender, content = self._envelope_sender(message), _as_on_the_wire(message.content)
        options = [f" SIZE={len(content)}"] if host.has_extn("size") else []
        if not message.content.isascii() and host.has_extn("8bitmime"):
            options.append(" BODY=8BITMIME")
        if not f"{sender}{message.address}".isascii():
            # RFC 6531: only a server that offers it can be told such an address.
            if not host.has_extn("smtputf8"):
                reason = "The mail server cannot write to this address (it offers no SMTPUTF8)."
                return Rejected(message.number, reason, permanent=True)
            host.command_encoding = "utf-8"
            options.append(" SMTPUTF8")
        steps = (
            (f"MAIL FROM:<{sender}>{''.join(options)}", "nothing", (250,)),
            (f"RCPT TO:<{message.address}>", "MAIL", (250, 251, 252)),
            ("DATA", "RCPT", (354,)),
        )
        for command, before, good in steps:
            code, text = _asked(host, command, before)
            if code in good:
                continue
            if code == 421 or not 400 <= code < 600:
                raise _Lost.by_reply(before, code, text)
            self._start_over(host)
            return refusal(message.number, code, text, to=command[:4])
        return self._reply_to(content, message.number, host)

    def _reply_to(self, content: bytes, number: int, host: smtplib.SMTP) -> Outcome:
        try:
            host.send(content)
        except OSError as error:
            # The end of the content has not left, so the server cannot have taken it over.
            raise _Lost("DATA", f"The connection was lost: {error}") from error
        try:
            code, text = host.getreply()
        except OSError as error:
            raise _Lost("content", f"No reply to the message: {error}") from error
        if 250 <= code < 260:
            return acceptance(number, text)
        if not 400 <= code < 600:
            raise _Lost.by_reply("content", code, text)
        if code == 421:
            self._line.drop()
        return refusal(number, code, text, to="content")

    def _start_over(self, host: smtplib.SMTP) -> None:
        try:
            code, _ = host.rset()
        except OSError:
            code = -1
        if code != 250:
            self._line.drop()


class _Lost(Exception):
    """The connection is gone or out of step.

    :param after: what the server had answered of this message; "nothing" allows another attempt, "content"
        means that the message may have been taken over.
    """

    def __init__(self, after: str, reason: str, *, about_us: bool = False) -> None:
        self.after = after
        self.reason = in_plain_words(reason)
        self.about_us = about_us

    @classmethod
    def by_reply(cls, after: str, code: int, text: bytes) -> _Lost:
        said = in_plain_words(text if code < 0 else b"%d %b" % (code, text))
        return cls(after, said if code == 421 else f"An answer out of step: {said}", about_us=is_policy(said))


def _asked(host: smtplib.SMTP, command: str, before: str) -> tuple[int, bytes]:
    try:
        return host.docmd(command)
    except OSError as error:
        raise _Lost(before, f"The connection was lost: {error}") from error


def _as_on_the_wire(content: bytes) -> bytes:
    """Every line end CRLF, leading dots doubled (RFC 5321, 4.5.2), closed by the line that ends the message."""
    text = b"\n" + content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n") + b"\n"
    return text.replace(b"\n.", b"\n..").replace(b"\n", b"\r\n")[2:] + b".\r\n"
