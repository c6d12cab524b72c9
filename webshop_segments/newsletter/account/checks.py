"""What the form of the mail account may hold."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import time
from ipaddress import ip_address
from typing import Any

from email_validator import EmailNotValidError, validate_email

from ...directory.addresses import normalise
from ...errors import Refused
from ...i18n import _
from ..channels.opening import is_this_machine
from .models import MailAccount

STARTTLS, TLS, NONE = SECURITIES = ("starttls", "tls", "none")
MIDNIGHT = "24:00"
"""The end of a day, which no clock shows."""

MOST_PER_HOUR = 1_000_000
LONGEST_PAUSE = 86_400
LONGEST_PASSWORD = 500

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields; an empty password keeps the stored one.

    :ivar pause_seconds: after each ``batch`` messages.
    :ivar opens: to ``closes``: when messages may leave; midnight may be either end.
    """

    sender_name: str
    sender_address: str
    server: str
    port: int | None
    security: str
    username: str = ""
    password: str = ""
    forget_password: bool = False
    per_hour: int | None = None
    batch: int | None = None
    pause_seconds: int | None = None
    opens: time | None = None
    closes: time | None = None


def checked(draft: Draft, account: MailAccount | None) -> Draft:
    """The draft as it is stored.

    :param account: the one to be changed, if there is one.
    :raises Refused: naming the field and how to mend it.
    """
    clean = replace(
        draft,
        sender_name=_plain("sender_name", draft.sender_name, 120),
        sender_address=_address(draft.sender_address),
        server=server(draft.server),
        username=_plain("username", draft.username, 254),
    )
    if not clean.sender_name:
        raise Refused(_("Enter the name your readers know you by."), field="sender_name")
    if clean.security not in SECURITIES:
        raise Refused(_("Choose how the connection is encrypted."), field="security")
    _number("port", clean.port, 65_535, missing=_("Enter the port; 587 and 465 are usual."))
    _login(clean, account)
    _speed(clean)
    return clean


def columns(draft: Draft) -> dict[str, Any]:
    """What goes into the account's row as it is."""
    names = {field.name for field in fields(draft)} - {"password", "forget_password", "opens", "closes"}
    values = {name: getattr(draft, name) for name in names}
    opens = f"{draft.opens:%H:%M}" if draft.opens is not None else None
    closes = f"{draft.closes:%H:%M}" if draft.closes is not None else None
    return values | {"opens": opens, "closes": MIDNIGHT if draft.closes == time.min else closes}


def server(name: str) -> str:
    """A server's name as DNS knows it, or its IP address.

    :raises Refused: for what is neither.
    """
    typed = name.strip().strip("[]").removesuffix(".")
    wrong = Refused(
        _("“%(name)s” is no name of a server. Write it like smtp.example.com, without port and without https://.",
          name=typed),
        field="server",
    )  # fmt: skip
    if not typed:
        raise Refused(_("Enter the mail server; your provider's instructions name it."), field="server")
    try:
        return str(ip_address(typed))
    except ValueError:
        pass
    try:
        # A domain of an address and a server's name follow the same rules (RFC 5890).
        ascii_name = typed if typed.isascii() else validate_email(f"x@{typed}", check_deliverability=False).ascii_domain
    except EmailNotValidError:
        raise wrong from None
    if len(ascii_name) > 253 or not all(_LABEL.fullmatch(label) for label in ascii_name.split(".")):
        raise wrong
    if ascii_name.rpartition(".")[2].isdigit():
        raise wrong
    return ascii_name.lower()


def _login(draft: Draft, account: MailAccount | None) -> None:
    if len(draft.password) > LONGEST_PASSWORD:
        raise Refused(_("The password is too long to be one."), field="password")
    if any(unicodedata.category(sign).startswith("C") for sign in draft.password):
        raise Refused(_("The password contains a line break or another invisible character."), field="password")
    if draft.password and not draft.username:
        raise Refused(_("Enter the login that belongs to the password."), field="username")
    stored = account is not None and account.password and not draft.forget_password
    if draft.username and not draft.password and stored and account and account.server != draft.server:
        # Whoever may change the server must not have the password sent to a server of their own.
        raise Refused(
            _("The stored password was entered for %(server)s. For another server enter it again.",
              server=account.server),
            field="password",
        )  # fmt: skip
    if draft.username and (draft.password or stored) and draft.security == NONE and not is_this_machine(draft.server):
        raise Refused(
            _("Without encryption anybody on the way could read the password. Choose STARTTLS or TLS."),
            field="security",
        )


def _speed(draft: Draft) -> None:
    _number("per_hour", draft.per_hour, MOST_PER_HOUR)
    _number("batch", draft.batch, MOST_PER_HOUR)
    _number("pause_seconds", draft.pause_seconds, LONGEST_PAUSE)
    if (draft.batch is None) != (draft.pause_seconds is None):
        missing = "batch" if draft.batch is None else "pause_seconds"
        raise Refused(
            _("Say both after how many messages there is a pause and how long it takes, or leave both empty."),
            field=missing,
        )
    if (draft.opens is None) != (draft.closes is None):
        missing = "opens" if draft.opens is None else "closes"
        raise Refused(_("Give both times, or leave both empty to send at any hour."), field=missing)
    if draft.opens is not None and draft.closes not in (None, time.min) and draft.opens >= draft.closes:
        raise Refused(
            _("The sending hours have to end after they begin, and on the same day; 00:00 is the end of the day."),
            field="closes",
        )


def _plain(field: str, value: str, most: int) -> str:
    text = unicodedata.normalize("NFC", value.strip())
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign not in _JOINERS for sign in text):
        sentence = _("This contains a line break or another invisible character. Type it again by hand.")
        raise Refused(sentence, field=field)
    if len(text) > most:
        raise Refused(_("This is too long; %(most)s characters are the most.", most=most), field=field)
    return text


def _address(value: str) -> str:
    try:
        return normalise("email", _plain("sender_address", value, 254), "")
    except Refused as refusal:
        raise Refused(str(refusal), field="sender_address") from None


def _number(field: str, value: int | None, most: int, missing: str = "") -> None:
    if value is None and not missing:
        return
    if value is None:
        raise Refused(missing, field=field)
    if not 1 <= value <= most:
        raise Refused(_("Enter a whole number from 1 to %(most)s.", most=most), field=field)
