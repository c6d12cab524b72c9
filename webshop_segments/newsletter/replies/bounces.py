"""What a provider's last refusal says about the address: gone for good, or only this message lost (E63, E64)."""

from __future__ import annotations

import re

from ..channels import smtp_replies, twilio_errors
from ..channels.twilio_errors import Verdict

_STATUS = re.compile(r"(?<![\d.])5\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")

_GONE = {(1, 0), (1, 1), (1, 2), (1, 6), (1, 10), (2, 1), (4, 4)}
"""RFC 3463 and RFC 7505: address, mailbox, host, moved, null MX, disabled, no route to the domain."""

_POLICY = 7
_VAGUE = (0, 1, 5)

_UNKNOWN = re.compile(
    r"(?:unknown|no such|invalid|not our|not a known) (?:user|mailbox|recipient|account|customer)"
    r"|(?:user|mailbox|recipient|account|address|host|domain)(?: name)? (?:is )?"
    r"(?:unknown|not found|not reachable|does not exist|doesn'?t exist|no longer on)"
    r"|user doesn'?t have an? \S+ account",
    re.IGNORECASE,
)

_TWILIO_CODE = re.compile(r"\d{5}\b")


def verdict(channel: str, reason: str) -> Verdict:
    """Whom a final refusal blames: the address for good, us, or nobody.

    :param reason: begins with the provider's code or status; where there is none, no address is blamed.
    """
    if channel == "email":
        return _of_mail_server(reason)
    code = _TWILIO_CODE.match(reason)
    return twilio_errors.verdict(int(code[0])) if code else Verdict.US


def _of_mail_server(reason: str) -> Verdict:
    statuses = {(int(subject), int(detail)) for subject, detail in _STATUS.findall(reason)}
    # x.y.0 says "other": it counts where nothing more exact stands beside it, and 5.0.0 says nothing.
    exact = {status for status in statuses if status[1]} or statuses - {(0, 0)}
    gone = bool(exact) and exact <= _GONE
    # Many servers say 5.0.0, or no status at all, and mean it by their words.
    vague = reason.startswith("5") and all(subject in _VAGUE for subject, _ in exact)
    unknown = _UNKNOWN.search(reason) is not None
    if any(subject == _POLICY for subject, _ in statuses):
        return Verdict.US
    if gone and unknown:
        return Verdict.ADDRESS
    if smtp_replies.refusal(0, 550, reason.encode(), to="RCPT").about_us:
        return Verdict.US
    if gone or (vague and unknown):
        return Verdict.ADDRESS
    return Verdict.LATER if reason.startswith(("4", "5")) else Verdict.US
