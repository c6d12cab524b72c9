"""The shop's partners and our subscribers as members of segments: looked up by key, searched, told gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    SQLColumnExpression,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import Session

from ..errors import Refused
from ..i18n import _
from ..refs import key_from, keys_of, text_of
from ..shop import Shop, key_type
from .models import Subscriber
from .people import SUBSCRIBER, PersonKey, contact_rows

PARTNER = "partner"

_SEPARATORS = "\t\n\r\v\f\0\u2028\u2029"
_KEPT = _SEPARATORS + "\u00a0\u202f\u3000\u200c\u200d"
"""Spaces that separate words, and the joiners that Persian and emoji need."""


class MemberKey(NamedTuple):
    """A member of a segment: kind ``partner`` or ``subscriber``, and ref."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the shop shows it now; ``contacts`` are the people a newsletter to it would go to."""

    key: MemberKey
    name: str
    is_active: bool
    created_at: str | None
    columns: Mapping[str, Any]
    contacts: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def people(self) -> list[PersonKey]:
        """The persons behind the member."""
        if self.key.kind == SUBSCRIBER:
            return [PersonKey(SUBSCRIBER, self.key.ref)]
        return [PersonKey("contact", text_of(contact["contact_ref"])) for contact in self.contacts]


def created_text(value: datetime | date | None) -> str | None:
    """The host's creation time as we keep it beside a ref, the same whatever the zone of the connection is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)
    return None if value is None else value.isoformat()


def find(session: Session, shop: Shop, wanted: Collection[MemberKey]) -> dict[MemberKey, Member]:
    """Members by key with their contacts, through the host's primary key; the gone are missing. Three statements."""
    found: dict[MemberKey, Member] = {}
    refs = [key.ref for key in wanted if key.kind == PARTNER]
    if refs:
        partners = shop.partners()
        column = partners.selected_columns["partner_ref"]
        native = keys_of(column.type, refs)
        by_key = partners.subquery("p")
        for row in session.execute(select(by_key).where(by_key.c.partner_ref.in_(native))).mappings():
            member = _partner(dict(row))
            found[member.key] = member
        contacts = contact_rows(shop)
        columns = contacts.selected_columns
        of_these = contacts.where(columns["partner_ref"].in_(native)).order_by(columns["contact_ref"])
        for row in session.execute(of_these).mappings():
            if partner := found.get(MemberKey(PARTNER, text_of(row["partner_ref"]))):
                partner.contacts.append(dict(row))
    ids = keys_of(Subscriber.__table__.c.id.type, [key.ref for key in wanted if key.kind == SUBSCRIBER])
    if ids:
        for subscriber in session.scalars(select(Subscriber).where(Subscriber.id.in_(ids))):
            found[MemberKey(SUBSCRIBER, str(subscriber.id))] = _subscriber(subscriber)
    return found


def search_words(typed: str) -> list[str]:
    """The words of a search, without the invisible characters that come along when a name is pasted.

    :raises Refused: for more than anybody types.
    """
    words = "".join(" " if char in _SEPARATORS else char for char in typed if char.isprintable() or char in _KEPT)
    if len(words) > 200:
        raise Refused(_("These are too many words to search for. Type 200 characters at most."))
    return words.split()


def search(session: Session, shop: Shop, words: str, limit: int = 50) -> Sequence[Member]:
    """Partners and subscribers whose name, e-mail or contact holds every word, by name; at most ``limit``.

    :raises Refused: for more words than anybody types.
    """
    partners, ours = matching_partners(shop, words), matching_subscribers(words)
    by_name = func.lower(partners.selected_columns["name"])
    found = session.execute(partners.order_by(by_name).limit(limit)).all()
    keys = [MemberKey(PARTNER, text_of(row.partner_ref)) for row in found]
    if len(keys) < limit:
        rows = session.execute(ours.order_by(Subscriber.email).limit(limit - len(keys))).all()
        keys += [MemberKey(SUBSCRIBER, str(row.id)) for row in rows]
    members = find(session, shop, keys)
    return [members[key] for key in keys if key in members]


def listed(session: Session, shop: Shop, lines: Collection[str]) -> dict[str, list[MemberKey]]:
    """Whom each line of a list means, an e-mail address or a partner's own number; none where nobody has it."""
    found: dict[str, list[MemberKey]] = {line: [] for line in lines}
    emails: dict[str, list[str]] = {}
    for line in lines:
        emails.setdefault(line.lower(), []).append(line)
    own, contacts = shop.partners().subquery("own"), shop.contacts().subquery("theirs")
    tables = [(PARTNER, table.c.partner_ref, table.c.email) for table in (own, contacts) if "email" in table.c]
    for kind, ref, email in (*tables, (SUBSCRIBER, Subscriber.__table__.c.id, Subscriber.__table__.c.email)):
        lowered = func.lower(email)
        for key, address in session.execute(select(ref, lowered).where(lowered.in_(emails)).order_by(ref)):
            for line in emails.get(address, ()):
                found[line].append(MemberKey(kind, text_of(key)))
    refs = keys_of(own.c.partner_ref.type, lines)
    for ref in session.scalars(select(own.c.partner_ref).where(own.c.partner_ref.in_(refs))):
        found[text_of(ref)].append(MemberKey(PARTNER, text_of(ref)))
    return {line: list(dict.fromkeys(keys)) for line, keys in found.items()}


def matching_partners(shop: Shop, words: str) -> Select[Any]:
    """partner_ref, name and created_at of those who, or whose contacts, hold every word; each table is read once."""
    contacts, partners = shop.contacts().subquery("found_contacts"), shop.partners().subquery("found")
    own = _text(partners, "name", "email", "city", "tax_number")
    theirs = _text(contacts, "email", "first_name", "last_name")
    created = partners.c.created_at if "created_at" in partners.c else null().label("created_at")
    query = select(partners.c.partner_ref, partners.c.name, created)
    held = {f"word_{number}": word for number, word in enumerate(search_words(words))}
    if not held:
        return query
    each = [func.max(case((_holds(theirs, word), 1), else_=0)).label(name) for name, word in held.items()]
    anything = or_(*(_holds(theirs, word) for word in held.values()))
    by_contact = select(contacts.c.partner_ref, *each).where(anything).group_by(contacts.c.partner_ref).subquery("by")
    query = query.outerjoin(by_contact, by_contact.c.partner_ref == partners.c.partner_ref)
    return query.where(*(or_(_holds(own, word), by_contact.c[name] == 1) for name, word in held.items()))


def matching_subscribers(words: str) -> Select[Any]:
    """id and created_at of our subscribers who hold every word."""
    table = Subscriber.__table__
    text = _text(table, "email", "first_name", "last_name")
    return select(table.c.id, table.c.created_at).where(*(_holds(text, word) for word in search_words(words)))


def are_few(session: Session, shop: Shop, most: int = 5_000) -> bool:
    """Whether a search reads so few contacts that a page need not wait for it; counts no further."""
    rows = shop.contacts().subquery()
    some = select(rows.c.contact_ref).limit(most + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) <= most


def in_shop(shop: Shop, kind: SQLColumnExpression[str], ref: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Whether a stored member is still there, asked of the host's primary key."""
    partners = shop.partners().subquery("still_there")
    theirs, ours = _native(shop, kind, ref)
    return or_(exists().where(partners.c.partner_ref == theirs), exists().where(Subscriber.id == ours))


class Joined(NamedTuple):
    """A table that stored members are joined with, on what, and its key, which is NULL beside whoever is gone."""

    table: FromClause
    condition: ColumnElement[bool]
    key: SQLColumnExpression[Any]


def joined(shop: Shop, kind: SQLColumnExpression[str], ref: SQLColumnExpression[str]) -> tuple[Joined, Joined]:
    """The partners and the subscribers behind stored members, for questions about very many of them."""
    partners = shop.partners().subquery("joined_partners")
    subscribers = Subscriber.__table__.alias("joined_subscribers")
    theirs, ours = _native(shop, kind, ref)
    return (
        Joined(partners, partners.c.partner_ref == theirs, partners.c.partner_ref),
        Joined(subscribers, subscribers.c.id == ours, subscribers.c.id),
    )


def holds(shop: Shop, kind: SQLColumnExpression[str], ref: SQLColumnExpression[str], words: str) -> ColumnElement[bool]:
    """Whether a stored member is one that :func:`search` would find."""
    partners, ours = matching_partners(shop, words).subquery("holding"), matching_subscribers(words).subquery("held")
    theirs, of_ours = _native(shop, kind, ref)
    return or_(theirs.in_(select(partners.c.partner_ref)), of_ours.in_(select(ours.c.id)))


def _native(
    shop: Shop, kind: SQLColumnExpression[str], ref: SQLColumnExpression[str]
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """A stored ref as a partner's key and as a subscriber's.

    The CASE keeps a ref of the other kind from being cast to the type of these keys.
    """
    theirs = case((kind == PARTNER, key_from(ref, key_type(shop.partners(), "partner_ref"))))
    return theirs, case((kind == SUBSCRIBER, key_from(ref, Subscriber.__table__.c.id.type)))


def _text(table: FromClause, *names: str) -> ColumnElement[str]:
    """What of a row is searched, in lower case: one text is read far faster than each column without its case."""
    given: list[ColumnElement[str]] = [func.coalesce(table.c[name], "") for name in names if name in table.c]
    return func.lower(reduce(lambda left, right: left + literal(" ") + right, given))


def _holds(text: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Whether a text in lower case holds a word. SQLite's lower() knows ASCII letters only, PostgreSQL's at times."""
    spellings = {word, word.lower(), word.upper(), word.capitalize()}
    lowered = {"".join(char.lower() if char.isascii() else char for char in spelling) for spelling in spellings}
    escaped = [word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in sorted(lowered)]
    return or_(*(text.like(f"%{word}%", escape="\\") for word in escaped))


def _partner(row: Mapping[str, Any]) -> Member:
    return Member(
        key=MemberKey(PARTNER, text_of(row["partner_ref"])),
        name=row["name"] or "",
        is_active=bool(row["is_active"]),
        created_at=created_text(row.get("created_at")),
        columns=dict(row),
    )


def _subscriber(subscriber: Subscriber) -> Member:
    return Member(
        key=MemberKey(SUBSCRIBER, str(subscriber.id)),
        name=f"{subscriber.first_name} {subscriber.last_name}".strip() or subscriber.email or "",
        is_active=subscriber.is_active,
        created_at=created_text(subscriber.created_at),
        columns={"email": subscriber.email, "phone": subscriber.phone, "type": subscriber.type},
    )
