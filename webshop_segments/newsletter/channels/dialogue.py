"""One connection's conversation about messages, a command at a time."""

from __future__ import annotations

import smtplib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from time import monotonic

from ...channel import Message, Outcome, Rejected
from .reasons import OVERDUE
from .smtp import BoundedSMTP
from .smtp_replies import CLOSING, GOOD, acceptance, refusal
from .wire import dotted

RESET = b"RSET\r\n"
DATA = b"DATA\r\n"
END = b".\r\n"

Take = Callable[[], Message | None]


class Overdue(OSError):
    """Nothing may leave any more."""

    def __init__(self) -> None:
        super().__init__(OVERDUE)


class Stage(Enum):
    """How far a message has come."""

    UNHEARD = "nothing of it was answered, and its end has not left"
    HEARD = "some of it was answered, and its end has not left"
    LEFT = "its end may have left: it may have been taken over"
    ANSWERED = "all of it was answered"


@dataclass(slots=True)
class InHand:
    """A message taken and not yet reported.

    :param content: as it travels.
    :param outcome: what the replies so far come to.
    """

    message: Message
    content: bytes
    stage: Stage = Stage.UNHEARD
    outcome: Outcome | None = None


class Dialogue:
    """Hands messages over on a new connection; plain, as every server understands it.

    :param sender: envelope sender of messages without their own.
    """

    form: Callable[[bytes], bytes] = staticmethod(dotted)

    def __init__(self, host: BoundedSMTP, sender: str) -> None:
        self.in_hand: deque[InHand] = deque()
        self.host = host
        self._sender = sender
        self._size = host.has_extn("size")
        self._eight_bits = host.has_extn("8bitmime")
        self._until = 0.0

    def carry(self, take: Take, until: float) -> Iterator[Outcome]:
        """Hand over what ``take`` gives until it gives no more, and yield each outcome.

        :param until: on the monotonic clock; no content leaves after it.
        :raises OSError: the connection is lost, or its answers are out of step (SMTPResponseException), or the time
            is over (Overdue); what is ``in_hand`` then was not reported.
        """
        self._until = until
        return self._hand_over(take)

    def _hand_over(self, take: Take) -> Iterator[Outcome]:
        while item := self._pick(take):
            for step, command in (("MAIL", self._mail(item)), ("RCPT", _rcpt(item)), ("DATA", DATA)):
                self.host.send(command)
                refused = self._refusal(item, step)
                if refused:
                    yield self._done(refused)
                    self.host.send(RESET)
                    self._await_reset()
                    break
            else:
                self._write_content(item)
                yield self._done(self._verdict(item))

    def _pick(self, take: Take) -> InHand | None:
        message = take()
        if message is None:
            return None
        item = InHand(message, message.content if message.in_lines else self.form(message.content))
        self.in_hand.append(item)
        return item

    def _done(self, outcome: Outcome) -> Outcome:
        self.in_hand.popleft()
        return outcome

    def _mail(self, item: InHand) -> bytes:
        message = item.message
        sender = self._sender if message.sender is None else message.sender
        size = b" SIZE=%d" % len(item.content) if self._size else b""
        body = b" BODY=8BITMIME" if self._eight_bits and not item.content.isascii() else b""
        utf8 = b"" if sender.isascii() and message.address.isascii() else b" SMTPUTF8"
        return b"MAIL FROM:<%b>%b%b%b\r\n" % (sender.encode(), size, body, utf8)

    def _envelope(self, item: InHand) -> bytes:
        return self._mail(item) + _rcpt(item)

    def _write(self, data: bytes) -> int:
        if monotonic() > self._until:
            raise Overdue
        return self.host.write(data)

    def _write_content(self, item: InHand, and_then: bytes = b"") -> None:
        content = item.content + END
        if self._write(content + and_then) < len(content):
            raise smtplib.SMTPServerDisconnected(self.host.fault)
        item.stage = Stage.LEFT

    def _refusal(self, item: InHand, step: str) -> Rejected | None:
        code, text = self.host.getreply()
        if code in GOOD[step]:
            item.stage = Stage.HEARD
            return None
        if code == CLOSING or not 400 <= code < 600:
            raise smtplib.SMTPResponseException(code, text)
        item.stage = Stage.HEARD
        return refusal(item.message.number, code, text, to=step)

    def _verdict(self, item: InHand) -> Outcome:
        code, text = self.host.getreply()
        if code in GOOD["content"]:
            return acceptance(item.message.number, text)
        if not 400 <= code < 600:
            raise smtplib.SMTPResponseException(code, text)
        return refusal(item.message.number, code, text, to="content")

    def _await_reset(self) -> None:
        code, text = self.host.getreply()
        if code not in GOOD["RSET"]:
            raise smtplib.SMTPResponseException(code, text)


def _rcpt(item: InHand) -> bytes:
    return b"RCPT TO:<%b>\r\n" % item.message.address.encode()
