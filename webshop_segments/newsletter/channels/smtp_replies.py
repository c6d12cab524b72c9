"""What a mail server's reply says: taken over, refused for good or for now, because of the address or of us."""

from __future__ import annotations

import re

from ...channel import Accepted, Rejected
from .reasons import in_plain_words

_STATUS = re.compile(r"(?<![\d.])[245]\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")

_GONE = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (3, 2), (4, 4)}
"""RFC 3463 and 7505: unknown user or host, moved, no mail there (E63)."""

_SAYS_LITTLE = {(0, 0), (1, 351), (2, 0), (4, 1), (5, 0)}
"""Statuses some servers give for everything, so that only the words tell."""

_POLICY = 7

_NOBODY = re.compile(
    r"(address|account|host|mailbox|recipient|user)\W+(is |was )?"
    r"(does(n't| not) (exist|have)|invalid|(not |un)known|not found|unavailable)"
    r"|(bad|invalid|no such|non-?existent|not our|unknown) (account|address|domain|host|mailbox|recipient|user)"
    r"|recipient address rejected|no longer (exists|here|on|valid)",
    re.IGNORECASE,
)
_SOMETHING_ELSE = re.compile(
    r"authenti|black ?list|block|content|dkim|dmarc|\bfull\b|listed|polic|\bptr\b|quota|\brate\b|relay|reputation"
    r"|reverse dns|sender|mail ?from|\bsize\b|spam|\bspf\b|too many|virus",
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
    """A reply 4yz or 5yz. For good and not clearly because of the address counts as because of us (E53).

    :param to: what it answers: MAIL, RCPT, DATA or content.
    """
    reason = in_plain_words(b"%d %b" % (code, text))
    permanent = code >= 500
    about_us = not _about_the_address(reason, to) if permanent else is_policy(reason)
    return Rejected(number, reason, permanent=permanent, about_us=about_us)


def is_policy(reason: str) -> bool:
    """Whether a reply says x.7.y: security or policy."""
    status = _STATUS.search(reason)
    return status is not None and int(status[1]) == _POLICY


def _about_the_address(reason: str, to: str) -> bool:
    status = _STATUS.search(reason)
    meaning = (int(status[1]), int(status[2])) if status else (0, 0)
    words = _ADDRESS.sub(" ", reason)
    if to == "MAIL" or _SOMETHING_ELSE.search(words):
        return False
    # "Unknown user" after the content is what some recipients' spam filters say.
    return meaning in _GONE or (to == "RCPT" and meaning in _SAYS_LITTLE and bool(_NOBODY.search(words)))
