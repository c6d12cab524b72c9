"""A connection that is gone: what that means for the messages that were on it."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass

from ...channel import Message, Outcome, Rejected, Unknown
from .dialogue import InHand, Overdue, Stage
from .reasons import in_plain_words
from .smtp import Closed
from .smtp_replies import CLOSING, is_policy


@dataclass(frozen=True)
class Loss:
    """Why there is no connection.

    :param closed: the server closed it, and all it said before was read.
    :param out_of_step: the server said what answers no command.
    :param miscounted: that was a reply, so the replies before it may belong to other commands as well.
    :param unanswered: the reason for a message that has left, where it is another.
    """

    reason: str
    about_us: bool = False
    closed: bool = False
    out_of_step: bool = False
    miscounted: bool = False
    unanswered: str = ""

    @classmethod
    def by(cls, error: OSError) -> Loss:
        """What a dialogue ended with."""
        if isinstance(error, Overdue):
            return cls(str(error))
        if not isinstance(error, smtplib.SMTPResponseException):
            return cls(
                in_plain_words(f"The connection was lost: {error}"),
                closed=isinstance(error, Closed),
                unanswered=in_plain_words(f"No reply to the message: {error}"),
            )
        code, text = error.smtp_code, error.smtp_error
        said = in_plain_words(text)
        if code >= 0:
            said = in_plain_words(f"{code} {said}")
        if code == CLOSING:
            return cls(said, about_us=is_policy(said), closed=True)
        reason = in_plain_words(f"An answer out of step: {said}")
        return cls(reason, about_us=is_policy(said), out_of_step=True, miscounted=code >= 0)

    def outcome(self, item: InHand) -> Outcome | None:
        """None for a message that may go again: the server has heard nothing of it."""
        if item.outcome and (self.closed or (item.stage is Stage.ANSWERED and not self.miscounted)):
            return item.outcome
        if item.stage in (Stage.LEFT, Stage.ANSWERED):
            return Unknown(item.message.number, self.unanswered or self.reason)
        return None if item.stage is Stage.UNHEARD else self.refusal(item.message)

    def refusal(self, message: Message) -> Rejected:
        """Of a message that was not sent, for now."""
        return Rejected(message.number, self.reason, permanent=False, about_us=self.about_us)
