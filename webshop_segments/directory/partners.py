"""The shop's partners and our subscribers as members of segments: looked up by key, searched, told gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, SQLColumnExpression, case, exists, func, or_, select
from sqlalchemy.orm import Session

from ..refs import key_from, keys_of, text_of
from ..shop import Shop, key_type
from .models import Subscriber
from .people import SUBSCRIBER, PersonKey, contact_rows

PARTNER = "partner"


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
        for row in session.execute(contacts.where(contacts.selected_columns["partner_ref"].in_(native))).mappings():
            found[MemberKey(PARTNER, text_of(row["partner_ref"]))].contacts.append(dict(row))
    ids = keys_of(Subscriber.__table__.c.id.type, [key.ref for key in wanted if key.kind == SUBSCRIBER])
    if ids:
        for subscriber in session.scalars(select(Subscriber).where(Subscriber.id.in_(ids))):
            found[MemberKey(SUBSCRIBER, str(subscriber.id))] = _subscriber(subscriber)
    return found


def search(session: Session, shop: Shop, words: str, limit: int = 50) -> Sequence[Member]:
    """Partners and subscribers whose name, e-mail or contact holds every word, by name; at most ``limit``."""
    contacts = contact_rows(shop).subquery("found_contacts")
    partners = shop.partners().subquery("found")
    texts = [partners.c[name] for name in ("name", "email", "city", "tax_number") if name in partners.c]
    contact_texts = [contacts.c[name] for name in ("email", "first_name", "last_name") if name in contacts.c]
    query = select(partners.c.partner_ref)
    for word in words.split():
        of_contact = exists().where(contacts.c.partner_ref == partners.c.partner_ref, _holds(contact_texts, word))
        query = query.where(or_(_holds(texts, word), of_contact))
    refs = session.scalars(query.order_by(func.lower(partners.c.name)).limit(limit)).all()
    keys = [MemberKey(PARTNER, text_of(ref)) for ref in refs]
    ours = select(Subscriber.id).order_by(Subscriber.email).limit(limit)
    for word in words.split():
        ours = ours.where(_holds([Subscriber.email, Subscriber.first_name, Subscriber.last_name], word))
    keys += [MemberKey(SUBSCRIBER, str(found)) for found in session.scalars(ours)]
    members = find(session, shop, keys)
    return [members[key] for key in keys if key in members][:limit]


def in_shop(shop: Shop, kind: SQLColumnExpression[str], ref: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Whether a stored member is still there, asked of the host's primary key."""
    partners = shop.partners().subquery("still_there")
    # The CASE keeps a ref of the other kind from being cast to the type of these keys.
    theirs = case((kind == PARTNER, key_from(ref, key_type(shop.partners(), "partner_ref"))))
    ours = case((kind == SUBSCRIBER, key_from(ref, Subscriber.__table__.c.id.type)))
    return or_(exists().where(partners.c.partner_ref == theirs), exists().where(Subscriber.id == ours))


def _holds(columns: Sequence[SQLColumnExpression[Any]], word: str) -> ColumnElement[bool]:
    """Whether one of the columns holds a word. SQLite knows upper and lower case of ASCII letters only."""
    spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    escaped = [word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in sorted(spellings)]
    return or_(*(column.ilike(f"%{word}%", escape="\\") for column in columns for word in escaped))


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
