"""What a mail server's reply says: taken over, refused for good or for now, and whether because of us."""

from __future__ import annotations

import re

from ...channel import Accepted, Rejected
from .reasons import in_plain_words

GOOD = {"RSET": (250,), "MAIL": (250,), "RCPT": (250, 251, 252), "DATA": (354,), "content": range(250, 260)}
"""The replies that say yes to a command, or to a message's content."""

CLOSING = 421
"""The server goes away; it may say so in reply to anything (RFC 5321, 3.8)."""

_STATUS = re.compile(r"(?<![\d.])[245]\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")

_POLICY = 7

_OURS = {(1, 7), (1, 8)}
"""RFC 3463: the sender's address."""

_THEIRS = {(1, 1), (1, 2), (1, 6), (1, 10)}
"""RFC 3463: the recipient's address; postfix says "unknown in relay recipient table" with it."""

_NOBODY = re.compile(r"unknown|no such|not exist|not found", re.IGNORECASE)

_LOGIN = (530, 535, 538)

_OURS_IN_WORDS = re.compile(
    r"authenti|banned|black ?list|block|content|denied by|dkim|dmarc|listed|mail ?from|polic|\bptr\b|relay|reputation"
    r"|reverse dns|sender|spam|\bspf\b|virus",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S*@\S*")

_QUEUE_ID = re.compile(
    r"queued as ([\w.-]*\w)|\b(?:internal)?id=([\w.-]*\w)|([\w.-]+) (?:- gsmtp|message accepted for delivery)"
    r"|^(?:2\.\d\.\d )?ok:? ([\w.-]+)$",
    re.IGNORECASE,
)


def acceptance(number: int, text: bytes) -> Accepted:
    """The reply 250 to a message; the id it was queued under is known for the common servers."""
    found = _QUEUE_ID.search(in_plain_words(text))
    return Accepted(number, next(filter(None, found.groups()))[:80] if found else None)


def refusal(number: int, code: int, text: bytes, *, to: str) -> Rejected:
    """A reply 4yz or 5yz; the address is not blamed for what is said about the sender or the content (E53).

    :param to: what it answers: MAIL, RCPT, DATA or content.
    """
    reason = in_plain_words(b"%d %b" % (code, text))
    about_us = to == "MAIL" or code in _LOGIN or _about_us(reason) if code >= 500 else is_policy(reason)
    return Rejected(number, reason, permanent=code >= 500, about_us=about_us)


def is_policy(reason: str) -> bool:
    """Whether a reply says x.7.y: security or policy."""
    status = _STATUS.search(reason)
    return status is not None and int(status[1]) == _POLICY


def _about_us(reason: str) -> bool:
    found = _STATUS.search(reason)
    status = (int(found[1]), int(found[2])) if found else None
    if status in _OURS or (status in _THEIRS and _NOBODY.search(reason)):
        return status in _OURS
    return is_policy(reason) or _OURS_IN_WORDS.search(_ADDRESS.sub(" ", reason)) is not None
