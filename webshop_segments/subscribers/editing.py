"""What an administrator may do to a subscriber of ours: correct name and language, delete on request."""

from __future__ import annotations

import unicodedata

from babel import Locale, UnknownLocaleError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..access import Actor
from ..administration import audit
from ..consent import suppression
from ..consent.models import ConsentState
from ..directory.models import Subscriber
from ..directory.people import SUBSCRIBER, PersonKey
from ..errors import Refused
from ..i18n import _
from ..refs import keys_of
from ..segments.models import SegmentMember

NAME_LENGTH = 120

_FORBIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiner: format characters that Persian and emoji need."""


def readable(text: str) -> bool:
    """Whether a text is free of control and direction characters, and of what could not be decoded."""
    hidden = any(unicodedata.category(char) in _FORBIDDEN and char not in _JOINERS for char in text)
    return not hidden and "\ufffd" not in text


def clean_name(text: str, field: str) -> str:
    """A first or last name as it is stored: NFC, trimmed, spaces collapsed.

    :raises Refused: when too long or holding control or direction characters.
    """
    if not readable(text.strip()):
        raise Refused(_("The name contains invisible control characters. Type it again by hand."), field=field)
    cleaned = " ".join(unicodedata.normalize("NFC", text).split())
    if len(cleaned) > NAME_LENGTH:
        raise Refused(
            _("The name has %(length)s characters; %(most)s is the most.", length=len(cleaned), most=NAME_LENGTH),
            field=field,
        )
    return cleaned


def clean_language(code: str) -> str | None:
    """A language code such as "de" or "de_AT", None for none.

    :raises Refused: for what is no language.
    """
    if not code.strip():
        return None
    try:
        return str(Locale.parse(code.strip().replace("-", "_")))
    except (UnknownLocaleError, ValueError, TypeError):
        raise Refused(_("There is no such language. Write it as a code, for example “de”."), field="locale") from None


def get(session: Session, ref: str) -> Subscriber:
    """:raises Refused: (404) when there is no such subscriber."""
    for number in keys_of(Subscriber.__table__.c.id.type, [ref]):
        found = session.get(Subscriber, number)
        if found is not None:
            return found
    raise Refused(_("This person is no longer in the shop."), status=404)


def change(session: Session, row: Subscriber, first_name: str, last_name: str, locale: str, by: Actor) -> None:
    """Correct name and language (flushes); the address stays: the consent hangs on it."""
    new = {
        "first_name": clean_name(first_name, "first_name"),
        "last_name": clean_name(last_name, "last_name"),
        "locale": clean_language(locale),
    }
    changed = [name for name, value in new.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, new[name])
    session.flush()
    if changed:
        name = f"{row.first_name} {row.last_name}".strip()
        audit.record(session, by, "subscriber.changed", "person", f"{SUBSCRIBER}:{row.id}", name)


def remove(session: Session, row: Subscriber, by: Actor) -> None:
    """Take a subscriber out of the directory and all segments (flushes).

    Erase the ledger's evidence apart, after this. Whoever withdrew stays blocked: the erased ledger could not tell
    the next import (C49).
    """
    key = PersonKey(SUBSCRIBER, str(row.id))
    withdrawn = session.execute(
        select(ConsentState.channel, ConsentState.address_key).where(
            ConsentState.person_kind == key.kind,
            ConsentState.person_ref == key.ref,
            ConsentState.status == "withdrawn",
            ConsentState.address_key.is_not(None),
        )
    ).all()
    for channel, address_key in withdrawn:
        suppression.suppress(session, channel, str(address_key), suppression.WITHDRAWN)
    session.execute(delete(SegmentMember).where(SegmentMember.kind == key.kind, SegmentMember.ref == key.ref))
    session.delete(row)
    # Without the name: the history outlives the person.
    audit.record(session, by, "subscriber.deleted", "person", f"{key.kind}:{key.ref}")
    session.flush()
