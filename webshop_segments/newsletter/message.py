"""The compiled message: a dispatch's frozen content, parsed once, filled in for each recipient.

Headers follow RFC 5322, RFC 2369, RFC 2919 and RFC 8058 (conformance E01 to E27).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from liquid import BoundTemplate

from .. import clock
from ..consent import tokens
from ..consent.tokens import Link
from ..directory.people import Person
from ..keys import Keys
from ..settings import Settings
from . import html, template, variables
from .models import Dispatch

_POLICY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom one message is for. Without a link it is a trial or control copy, whose unsubscribing is inert."""

    number: int
    address: str
    person: Person
    link: Link | None


class CompiledMessage:
    """One per dispatch; ``fill`` is called for every recipient.

    :raises Refused: from both, for a template that cannot be rendered.
    """

    def __init__(self, dispatch: Dispatch, keys: Keys, settings: Settings, *, mark: str = "") -> None:
        self._dispatch, self._keys, self._settings, self._mark = dispatch, keys, settings, mark
        self._subject = template.parse(dispatch.subject, escape=False, field="subject")
        self._html: BoundTemplate | None = None
        if dispatch.channel == "email":
            body = html.from_typed(dispatch.body)
            self._html = template.parse(dispatch.layout_html.replace(CONTENT, body), escape=True)
            self._text = template.parse(dispatch.layout_text.replace(CONTENT, html.to_text(body)), escape=False)
        else:
            self._text = template.parse(dispatch.layout_text.replace(CONTENT, dispatch.body), escape=False)

    def fill(self, recipient: Recipient) -> bytes:
        """The complete message for one recipient: RFC 5322 bytes for e-mail, UTF-8 text for SMS."""
        values = self._values(recipient)
        if self._html is None:
            return (self._mark + template.render(self._text, values)).encode()
        mail = self._headers(recipient, values)
        mail.set_content(template.render(self._text, values), cte="quoted-printable")
        mail.add_alternative(template.render(self._html, values), subtype="html", cte="quoted-printable")
        return self._list_headers(recipient) + mail.as_bytes(policy=_POLICY)

    def preview(self, recipient: Recipient) -> tuple[str, str, str]:
        """Subject, text and HTML as one recipient would see them; HTML is empty for SMS."""
        values = self._values(recipient)
        page = template.render(self._html, values) if self._html is not None else ""
        return self._rendered_subject(values), template.render(self._text, values), page

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
        return self._dispatch.sender_address.rpartition("@")[2] or "localhost"

    def _values(self, recipient: Recipient) -> dict[str, Any]:
        return variables.of_person(recipient.person) | {"wss_unsubscribe_url": self.unsubscribe_url(recipient)}

    def unsubscribe_url(self, recipient: Recipient) -> str:
        """The link of one recipient, in the text and in List-Unsubscribe alike."""
        if recipient.link is None:
            token = tokens.inert_token(self._keys)
        else:
            token = tokens.unsubscribe_token(self._keys, recipient.link)
        return f"{self._settings.public_url}{self._settings.url_prefix}/u/{token}"

    def _rendered_subject(self, values: dict[str, Any]) -> str:
        return self._mark + one_line(template.render(self._subject, values, field="subject"))

    def _headers(self, recipient: Recipient, values: dict[str, Any]) -> EmailMessage:
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = mailbox(self._dispatch.sender_name, self._dispatch.sender_address)
        mail["To"] = mailbox(recipient.person.name, recipient.address)
        mail["Subject"] = self._rendered_subject(values)
        mail["Date"] = format_datetime(clock.now())
        mail["Message-ID"] = self.message_id(recipient.number)
        if self._dispatch.reply_to:
            mail["Reply-To"] = mailbox("", self._dispatch.reply_to)
        return mail

    def _list_headers(self, recipient: Recipient) -> bytes:
        # Python's header folding turns a long List-Unsubscribe into encoded words (python/cpython#85725), which
        # RFC 2047, 5 forbids and mail programs then ignore: these lines are written as they must stand.
        lines = [
            f"List-Id: <newsletter.{self._domain}>",
            f"List-Unsubscribe: <{self.unsubscribe_url(recipient)}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Precedence: bulk",
        ]
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")


CONTENT = "[[wss-content]]"
"""Where a layout takes the newsletter's body."""


def mailbox(name: str, address: str) -> MailAddress:
    """A header's mailbox; the name without anything that could end the line."""
    return MailAddress(display_name=one_line(name), addr_spec=address)


def one_line(text: str) -> str:
    """A value for a header: no control character, no line separator (E26; the standard library lets NUL through).

    The start of an encoded word is taken apart: decoded on the way, it would bring such characters back.
    """
    plain = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") else char for char in text)
    return " ".join(plain.replace("=?", "= ?").split())
