"""Commands in groups for a server that offers PIPELINING (RFC 2920), whole messages if CHUNKING too (RFC 3030)."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator

from ...channel import Outcome
from .dialogue import DATA, END, RESET, Dialogue, InHand, Stage, Take
from .smtp import BoundedSMTP, Closed
from .smtp_replies import CLOSING, GOOD, acceptance, refusal
from .wire import in_lines

GROUP_MESSAGES = 10
GROUP_OCTETS = 250_000
"""A group of chunks is no larger for long, so that a slow line has the time for it."""


def dialogue_with(host: BoundedSMTP, sender: str) -> Dialogue:
    """The fastest that the server offers."""
    if not host.has_extn("pipelining"):
        return Dialogue(host, sender)
    return Chunked(host, sender) if host.has_extn("chunking") else Pipelined(host, sender)


class Pipelined(Dialogue):
    """One round trip per message: its content leaves together with the envelope of the next."""

    def __init__(self, host: BoundedSMTP, sender: str) -> None:
        super().__init__(host, sender)
        self._fresh = True

    def _hand_over(self, take: Take) -> Iterator[Outcome]:
        invited: InHand | None = None
        in_vain = False
        while True:
            # The end of a content, taken or refused, ends its transaction (RFC 5321, 4.1.1.4).
            self._fresh = self._fresh or in_vain or invited is not None
            following, fresh = self._pick(take), self._fresh
            envelope = self._envelope(following) + DATA if following else b""
            if invited:
                self._write_content(invited, envelope)
                yield self._done(self._verdict(invited))
            elif in_vain:
                self.host.send(END + envelope)
                self._await_end_of_nothing()
            elif following:
                self.host.send(envelope)
            if following is None:
                return
            if not fresh:
                self._await_reset()
            may_come = self._invitation(following)
            if following.outcome:
                yield self._done(following.outcome)
            invited = following if may_come and not following.outcome else None
            in_vain = may_come and not invited

    def _envelope(self, item: InHand) -> bytes:
        # RSET takes away what a refused message may have left behind.
        reset, self._fresh = b"" if self._fresh else RESET, False
        return reset + super()._envelope(item)

    def _invitation(self, item: InHand) -> bool:
        """Whether DATA was answered 354, which some servers do although they refused the recipient."""
        for step in ("MAIL", "RCPT"):
            refused = self._refusal(item, step)
            item.outcome = item.outcome or refused
        code, text = self.host.getreply()
        if code in GOOD["DATA"] and (refused or not item.outcome):
            return True
        if code == CLOSING or not 400 <= code < 600:
            raise smtplib.SMTPResponseException(code, text)
        item.outcome = item.outcome or refusal(item.message.number, code, text, to="DATA")
        return False

    def _await_end_of_nothing(self) -> None:
        code, text = self.host.getreply()
        if code == CLOSING or not 200 <= code < 600:
            raise smtplib.SMTPResponseException(code, text)


class Chunked(Pipelined):
    """One round trip per group of whole messages."""

    form: Callable[[bytes], bytes] = staticmethod(in_lines)

    def __init__(self, host: BoundedSMTP, sender: str) -> None:
        super().__init__(host, sender)
        self._farewell: bytes | None = None

    def _hand_over(self, take: Take) -> Iterator[Outcome]:
        while True:
            # What is written to a server that has closed already would have an unknown outcome.
            if not self.host.is_silent():
                raise Closed("it closed the connection")
            fresh, group = self._fresh, self._group(take)
            if not group:
                return
            self._write_group(group)
            self._hear(group, fresh)
            extra = self.host.getreply() if self.host.has_said_more else None
            if extra and not 200 <= extra[0] < 300:
                raise smtplib.SMTPResponseException(*extra)
            for item in group:
                assert item.outcome
                yield self._done(item.outcome)
            if extra:
                raise smtplib.SMTPResponseException(*extra)

    def _group(self, take: Take) -> list[InHand]:
        group: list[InHand] = []
        octets = 0
        while len(group) < GROUP_MESSAGES and octets < GROUP_OCTETS and (item := self._pick(take)):
            group.append(item)
            octets += len(item.content)
        return group

    def _write_group(self, group: list[InHand]) -> None:
        parts: list[bytes] = []
        ends: list[int] = []
        end = 0
        for item in group:
            envelope = self._envelope(item) + b"BDAT %d LAST\r\n" % len(item.content)
            parts += (envelope, item.content)
            end += len(envelope) + len(item.content)
            ends.append(end)
        left = self._write(b"".join(parts))
        for item, end in zip(group, ends, strict=True):
            if end <= left:
                item.stage = Stage.LEFT

    def _hear(self, group: list[InHand], fresh: bool) -> None:
        try:
            for item in group:
                if item.stage is not Stage.LEFT:
                    raise smtplib.SMTPServerDisconnected(self.host.fault)
                for step in ("MAIL", "RCPT", "content") if fresh else ("RSET", "MAIL", "RCPT", "content"):
                    self._hear_step(item, step)
                fresh, item.stage = False, Stage.ANSWERED
        except Closed:
            if self._farewell is None:
                raise
            # A server that says 421 and closes has carried out nothing of what follows (RFC 5321, 3.8).
            for item in self.in_hand:
                if item.outcome is None:
                    item.stage = Stage.UNHEARD
            raise smtplib.SMTPResponseException(CLOSING, self._farewell) from None

    def _hear_step(self, item: InHand, step: str) -> None:
        code, text = self.host.getreply()
        self._farewell = text if code == CLOSING else None
        if code in GOOD[step]:
            if step == "content":
                if item.outcome:
                    raise smtplib.SMTPResponseException(code, text)
                item.outcome = acceptance(item.message.number, text)
            return
        if code == CLOSING and step in ("RSET", "MAIL"):
            # The message is not concerned: it goes again when the server closes, and must not when it talks on.
            self.host.getreply()
            raise smtplib.SMTPResponseException(code, text)
        if step == "RSET" or not 400 <= code < 600:
            raise smtplib.SMTPResponseException(code, text)
        item.outcome = item.outcome or refusal(item.message.number, code, text, to=step)
