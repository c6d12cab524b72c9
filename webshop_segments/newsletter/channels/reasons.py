"""Why a message was not sent: a provider's own words, made fit for a column and a page, and ours."""

from __future__ import annotations

import unicodedata
from time import monotonic

from ...channel import Message, Rejected

LONGEST = 255

BROKEN_OFF = "The sending was broken off."
OVERDUE = "There was no time left to send it."


def in_plain_words(said: str | bytes) -> str:
    """One line of at most 255 characters, without control characters; what is no UTF-8 shows as �."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if not (text.isascii() and text.isprintable()):
        plain = (" " if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") else sign for sign in text)
        text = "".join(plain)
    return " ".join(text.split())[:LONGEST]


def not_begun(message: Message, until: float, *, aborted: bool) -> Rejected | None:
    """Refused for now, where the sending was broken off or ``until`` (monotonic clock) is over."""
    if aborted or monotonic() > until:
        return Rejected(message.number, BROKEN_OFF if aborted else OVERDUE, permanent=False)
    return None
