"""Reads what mail servers and readers write back: bounces (RFC 3464), complaints (RFC 5965), mails that unsubscribe.

Anybody may write to the address behind this: only the beginning of a mail is read, and few of its parts, so that
none takes long (conformance E60 to E69).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import Parser

from ..channels.reasons import in_plain_words

LONGEST = 300_000
"""Bytes that are read of a mail; a server's report stands before the message it returns."""

_DEEPEST, _MOST_PARTS, _MOST_RECIPIENTS, _LONGEST_FIELD = 3, 10, 20, 1000

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ADDRESS = re.compile(r"<?[^\s<>;,]+@[^\s<>;,]+>?")
_MESSAGE_ID = re.compile(
    r"^Message-ID:[ \t]*(?:\n[ \t]+)?"
    r"(?P<whole><[0-9a-f]{16}\.(?P<dispatch_id>\d{1,18})\.(?P<number>\d{1,9})@[!-;=?A-~]{1,200}>)",
    re.IGNORECASE | re.MULTILINE | re.ASCII,
)
_UNSUBSCRIBE = re.compile(r"\bunsubscribe[\s:]+([A-Z0-9_-]{30,400})", re.IGNORECASE | re.ASCII)

_DELIVERY_STATUS = ("message/delivery-status", "message/global-delivery-status")
_ARRIVED = ("delivered", "relayed", "expanded")
_FEEDBACK_REPORT = "message/feedback-report"
_COMPLAINTS = ("abuse", "fraud", "opt-out")


@dataclass(frozen=True, slots=True)
class MessageId:
    """A Message-ID made like ours; whether it is ours is seen by comparing ``whole`` with what was sent."""

    dispatch_id: int
    number: int
    whole: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """A server gave a message up for good.

    :param reason: status (RFC 3463) and the server's words, without addresses.
    """

    message_id: MessageId
    reason: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """A reader called a message spam, or asked her provider for no more of it."""

    message_id: MessageId
    kind: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A mail made by the ``mailto:`` of List-Unsubscribe; the token is still to be verified."""

    token: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """A mail that changes nothing, and why, for the operator's log."""

    why: str


def read(mail: bytes) -> Bounce | Complaint | Unsubscribe | Nothing:
    """What a mail reports, whatever it is made of; never raises."""
    text = mail[:LONGEST].decode("ascii", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")
    try:
        return _read(text)
    except (ValueError, TypeError, LookupError, AttributeError, HeaderParseError):
        # Broken headers make the email package raise these, for example boundary*=a; boundary*0=b.
        return Nothing("its headers are too broken to be read")


def _read(text: str) -> Bounce | Complaint | Unsubscribe | Nothing:
    # Searched in the whole text, for servers return a message in many shapes; nobody else can make one of ours.
    named = _MESSAGE_ID.search(text)
    message_id = named and MessageId(int(named["dispatch_id"]), int(named["number"]), named["whole"])
    for part in _parts(text, _DEEPEST):
        kind = part.get_content_type()
        if kind in _DELIVERY_STATUS:
            return _bounce(_content(part), message_id)
        if kind == _FEEDBACK_REPORT:
            return _complaint(_content(part), message_id)
    return _unsubscribe(_parsed(text))


def _parts(text: str, deep: int) -> Iterator[Message]:
    """The leaves of a mail; a message it encloses is one leaf and not looked into."""
    part = _parsed(text)
    boundary = part.get_boundary() if part.get_content_maintype() == "multipart" else None
    if not boundary or not deep:
        yield part
        return
    line = re.compile(rf"^--{re.escape(boundary)}(?:--)?[ \t]*(?:\n|\Z)", re.MULTILINE)
    for piece in line.split(str(part.get_payload()), _MOST_PARTS)[1:]:
        yield from _parts(piece, deep - 1)


def _parsed(text: str) -> Message:
    return Parser().parsestr(text, headersonly=True)


def _content(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _field(fields: Message, name: str) -> str:
    return str(fields.get(name, ""))[:_LONGEST_FIELD].strip()


def _bounce(report: str, message_id: MessageId | None) -> Bounce | Nothing:
    blocks = re.split(r"\n[ \t]*\n", report.strip(), maxsplit=_MOST_RECIPIENTS)
    recipients = [_parsed(block) for block in blocks]
    # An address may stand for several people, and is not gone where one of them got the message.
    if any(_field(fields, "Action").lower().startswith(_ARRIVED) for fields in recipients):
        return Nothing("a server's note that the message arrived")
    failed = [fields for fields in recipients if _field(fields, "Action").lower().startswith("failed")]
    if not failed:
        return Nothing("a server's note that nothing has failed for good")
    return Bounce(message_id, _reason(failed[0])) if message_id else Nothing("a bounce of no message of ours")


def _reason(fields: Message) -> str:
    status = _STATUS.search(_field(fields, "Status"))
    kind, _, words = _field(fields, "Diagnostic-Code").partition(";")
    return in_plain_words(_ADDRESS.sub("…", f"{status[0] if status else ''} {words or kind}"))


def _complaint(report: str, message_id: MessageId | None) -> Complaint | Nothing:
    kind = _field(_parsed(report), "Feedback-Type").lower()
    if kind not in _COMPLAINTS:
        return Nothing("a report that is no complaint")
    return Complaint(message_id, kind) if message_id else Nothing("a complaint about no message of ours")


def _unsubscribe(mail: Message) -> Unsubscribe | Nothing:
    # Apple Mail marks as an automatic answer what it writes for a reader who pressed "Unsubscribe".
    by_reader = _field(mail, "X-Apple-Unsubscribe").lower() == "true"
    if _field(mail, "Auto-Submitted").lower() not in ("", "no") and not by_reader:
        return Nothing("an automatic answer")
    found = _UNSUBSCRIBE.search(str(make_header(decode_header(_field(mail, "Subject")))))
    return Unsubscribe(found[1]) if found else Nothing("neither bounce nor complaint")
