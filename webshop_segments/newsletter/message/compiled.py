"""The compiled message: a dispatch's frozen content, built once, cut where people differ, joined for each recipient.

Headers follow RFC 5322, RFC 2369, RFC 2919 and RFC 8058 (conformance E01 to E27).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from ... import clock
from ...consent import tokens
from ...consent.tokens import Link
from ...directory.people import Person
from ...keys import Keys
from ...settings import Settings
from ..models import Dispatch
from . import browser_link, html, variables
from .cutting import CutTemplate, woven
from .headers import ascii_address, mailbox, one_line, unstructured
from .quoted_printable import encode

CONTENT = "[[wss-content]]"
"""Where a layout takes the newsletter's body."""

# Quoted-printable text cannot contain "=_" (RFC 2045, 6.7).
_BOUNDARY = b"=_webshop_segments"
_COMMON_HEADERS = (
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"Precedence: bulk\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="%b"\r\n'
) % _BOUNDARY
_PART_HEADERS = (
    b'\r\n--%b\r\nContent-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom one message is for. Without a link it is a trial or control copy, whose unsubscribing is inert."""

    number: int
    address: str
    person: Person
    link: Link | None


class CompiledMessage:
    """One per dispatch; ``fill`` is called for every recipient.

    :raises Refused: from both, for a template that cannot be rendered or an address that cannot be written.
    """

    def __init__(self, dispatch: Dispatch, keys: Keys, settings: Settings, *, mark: str = "") -> None:
        self._dispatch, self._keys, self._settings, self._mark = dispatch, keys, settings, mark
        self._subject = CutTemplate(dispatch.subject, escape=False, field="subject")
        self._shows_browser_url = browser_link.VARIABLE in f"{dispatch.layout_html}{dispatch.layout_text}"
        self._html: CutTemplate | None = None
        if dispatch.channel == "email":
            body = html.from_typed(dispatch.body)
            self._html = CutTemplate(dispatch.layout_html.replace(CONTENT, body), escape=True)
            self._text = CutTemplate(dispatch.layout_text.replace(CONTENT, html.to_text(body)), escape=False)
            self._constants = self._constants_of_mail(self._text, self._html)
        else:
            self._text = CutTemplate(dispatch.layout_text.replace(CONTENT, dispatch.body), escape=False)
            self._constants = _glued([mark.encode()], [text.encode() for text in self._text.constants])

    def fill(self, recipient: Recipient) -> bytes:
        """The complete message for one recipient: UTF-8 text for SMS, RFC 5322 bytes for e-mail.

        Each line of these ends in CRLF and none begins with a dot.
        """
        url = self.unsubscribe_url(recipient)
        values = self._values(recipient, url)
        if self._html is None:
            holes = [text.encode() for text in self._text.fill(values)]
        else:
            holes = [
                self._personal_headers(recipient, values),
                b"%d" % recipient.number,
                url.encode("ascii"),
                *map(encode, self._text.fill(values)),
                *map(encode, self._html.fill(values)),
            ]
        return b"".join(woven(self._constants, holes))

    def preview(self, recipient: Recipient) -> tuple[str, str, str]:
        """Subject, text and HTML as one recipient would see them; HTML is empty for SMS."""
        values = self._values(recipient, self.unsubscribe_url(recipient))
        page = self._html.render(values) if self._html is not None else ""
        return self._mark + one_line(self._subject.render(values)), self._text.render(values), page

    def message_id(self, number: int) -> str:
        """The same for the same delivery, whenever it is computed."""
        before, after = self.message_id_parts()
        return f"{before}{number}{after}"

    def message_id_parts(self) -> tuple[str, str]:
        """What stands before and after the number; nobody outside can guess another shop's or sending's."""
        mac = self._keys.digest("message-id", str(self._dispatch.request_key).encode())[:8].hex()
        return f"<{mac}.{self._dispatch.id}.", f"@{self._domain}>"

    @property
    def _domain(self) -> str:
        sender = self._dispatch.sender_address
        return (ascii_address(sender) if "@" in sender else sender).rpartition("@")[2] or "localhost"

    def unsubscribe_url(self, recipient: Recipient) -> str:
        """The link of one recipient, in the text and in List-Unsubscribe alike."""
        if recipient.link is None:
            token = tokens.inert_token(self._keys)
        else:
            token = tokens.unsubscribe_token(self._keys, recipient.link)
        return f"{self._settings.public_url}{self._settings.url_prefix}/u/{token}"

    def _values(self, recipient: Recipient, unsubscribe_url: str) -> Mapping[str, Any]:
        if not self._shows_browser_url:
            return variables.of_person(recipient.person, wss_unsubscribe_url=unsubscribe_url)
        if recipient.link is None:
            token = browser_link.inert_token(self._keys)
        else:
            token = browser_link.token(self._keys, self._dispatch.id, recipient.number)
        url = f"{self._settings.public_url}{self._settings.url_prefix}/v/{token}"
        return variables.of_person(recipient.person, wss_unsubscribe_url=unsubscribe_url, wss_browser_url=url)

    def _personal_headers(self, recipient: Recipient, values: Mapping[str, Any]) -> bytes:
        return b"%b%b%b" % (
            mailbox("To", recipient.person.name, recipient.address),
            unstructured("Subject", self._mark + one_line(self._subject.render(values))),
            _date_header(int(clock.now().timestamp())),
        )

    def _constants_of_mail(self, text: CutTemplate, page: CutTemplate) -> list[bytes]:
        """What all recipients get, cut where :meth:`fill` puts in what differs."""
        before, after = self.message_id_parts()
        reply_to = self._dispatch.reply_to
        head = [
            mailbox("From", self._dispatch.sender_name, self._dispatch.sender_address)
            + (mailbox("Reply-To", "", reply_to) if reply_to else b""),
            f"Message-ID: {before}".encode("ascii"),
            f"{after}\r\nList-Id: <newsletter.{self._domain}>\r\nList-Unsubscribe: <".encode("ascii"),
            b">\r\n" + _COMMON_HEADERS,
        ]
        return _glued(head, _part(b"plain", text), _part(b"html", page), [b"\r\n--%b--\r\n" % _BOUNDARY])


def _part(subtype: bytes, cut: CutTemplate) -> list[bytes]:
    *texts, last = cut.constants
    return _glued([_PART_HEADERS % (_BOUNDARY, subtype)], [encode(text) for text in (*texts, last + "\n")])


def _glued(*cut: list[bytes]) -> list[bytes]:
    """Cut texts one after the other: where one ends and the next begins, nothing is filled in."""
    constants = [b""]
    for pieces in cut:
        constants[-1] += pieces[0]
        constants += pieces[1:]
    return constants


@lru_cache(maxsize=1)
def _date_header(second: int) -> bytes:
    return f"Date: {format_datetime(datetime.fromtimestamp(second, UTC))}\r\n".encode("ascii")
