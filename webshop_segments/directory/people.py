"""Persons, the shop's contacts and our subscribers alike: one uniform SELECT, and a few looked up by key."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Result,
    Select,
    SQLColumnExpression,
    and_,
    cast,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy import String as Text
from sqlalchemy.orm import Session

from ..db import one_of
from ..refs import key_from, key_of, keys_of, ref_of, text_of
from ..shop import Shop, key_type
from .models import Subscriber

CONTACT = "contact"
SUBSCRIBER = "subscriber"


class PersonKey(NamedTuple):
    """Who holds a consent: a contact of the shop or one of our subscribers."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the shop shows her now. ``facts`` holds every column, the partner's under ``partner``.

    ``type`` is ``account`` for the shop's own people, else where we know the subscriber from.
    """

    key: PersonKey
    email: str | None
    phone: str | None
    first_name: str
    last_name: str
    locale: str | None
    is_active: bool
    email_verified: bool
    phone_verified: bool
    company: str
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False)
    type: str = "account"

    @property
    def name(self) -> str:
        """First and last name, or the company, or nothing."""
        return f"{self.first_name} {self.last_name}".strip() or self.company

    def seen(self, column: str) -> str | None:
        """The host's exact string of 'email' or 'phone'."""
        return self.email if column == "email" else self.phone

    def verified(self, column: str) -> bool:
        return self.email_verified if column == "email" else self.phone_verified


def contact_rows(shop: Shop) -> Select[Any]:
    """Contacts joined with their partners, one row each; ``active`` needs both."""
    contacts, partners = shop.contacts().subquery("c"), shop.partners().subquery("p")
    columns = [column for column in contacts.c if column.name != "is_active"]
    columns += [column.label(f"partner.{column.name}") for column in partners.c if column.name not in _JOINED]
    active = and_(contacts.c.is_active, partners.c.is_active).label("active")
    return select(*columns, active).join_from(contacts, partners, contacts.c.partner_ref == partners.c.partner_ref)


_JOINED = {"partner_ref", "is_active"}


def everybody(shop: Shop) -> CompoundSelect[Any]:
    """The uniform SELECT of people: kind, ref, email, phone, first_name, last_name, company, locale, active."""
    rows = contact_rows(shop).subquery("contact_rows")

    def given(name: str) -> ColumnElement[Any]:
        return rows.c[name] if name in rows.c else cast(null(), Text)

    contacts = select(
        literal(CONTACT).label("kind"),
        ref_of(rows.c.contact_ref).label("ref"),
        rows.c.email,
        rows.c.phone,
        given("first_name").label("first_name"),
        given("last_name").label("last_name"),
        rows.c["partner.name"].label("company"),
        given("locale").label("locale"),
        rows.c.active.label("active"),
    )
    subscribers = select(
        literal(SUBSCRIBER).label("kind"),
        ref_of(Subscriber.__table__.c.id).label("ref"),
        Subscriber.email,
        Subscriber.phone,
        Subscriber.first_name,
        Subscriber.last_name,
        literal("").label("company"),
        Subscriber.locale,
        Subscriber.is_active.label("active"),
    )
    return union_all(contacts, subscribers)


def find(session: Session, shop: Shop, wanted: Collection[PersonKey]) -> dict[PersonKey, Person]:
    """A few people by key, contacts through the host's primary key; who is not in the shop is missing."""
    return Lookup(shop).find(session, wanted)


class Lookup:
    """Looks people up again and again, with a statement that is built once."""

    def __init__(self, shop: Shop) -> None:
        self._rows = contact_rows(shop)
        self._key = self._rows.selected_columns["contact_ref"]
        self._statements: dict[str, Select[Any]] = {}

    def find(self, session: Session, wanted: Collection[PersonKey]) -> dict[PersonKey, Person]:
        """As :func:`find`."""
        found: dict[PersonKey, Person] = {}
        contact_keys = keys_of(self._key.type, [key.ref for key in wanted if key.kind == CONTACT])
        if contact_keys:
            statement = self._statement(session.get_bind().dialect.name)
            # Rows are all that is wanted here; the session would first see whether it has objects to make of them.
            for person in _contacts(session.connection().execute(statement, {"contact_keys": contact_keys})):
                # A login in several firms is several rows: any active one keeps the person reachable.
                if person.key not in found or (person.is_active and not found[person.key].is_active):
                    found[person.key] = person
        subscriber_ids = keys_of(Subscriber.__table__.c.id.type, [key.ref for key in wanted if key.kind == SUBSCRIBER])
        if subscriber_ids:
            for subscriber in session.scalars(select(Subscriber).where(Subscriber.id.in_(subscriber_ids))):
                person = of_subscriber(subscriber)
                found[person.key] = person
        return found

    def _statement(self, dialect: str) -> Select[Any]:
        if dialect not in self._statements:
            self._statements[dialect] = self._rows.where(one_of(dialect, self._key, "contact_keys"))
        return self._statements[dialect]


def get(session: Session, shop: Shop, key: PersonKey) -> Person | None:
    """One person, or None when not in the shop."""
    return find(session, shop, [key]).get(key)


def contact_key(shop: Shop, ref: str) -> PersonKey:
    """:raises Refused: when the text is no ref of this shop's contacts."""
    key_of(key_type(shop.contacts(), "contact_ref"), ref)
    return PersonKey(CONTACT, ref)


def stored_contact(shop: Shop, ref: SQLColumnExpression[str]) -> ColumnElement[Any]:
    """A stored contact ref as the host's native key."""
    return key_from(ref, key_type(shop.contacts(), "contact_ref"))


def _contacts(rows: Result[Any]) -> Iterator[Person]:
    """From the rows of :func:`contact_rows`; the names are sorted out once, not for each of them."""
    places = {name: place for place, name in enumerate(rows.keys())}
    wanted = [places.get(name) for name in _COLUMNS]
    for row in rows:
        ref, email, phone, first, last, locale, active, email_verified, phone_verified, company = (
            None if place is None else row[place] for place in wanted
        )
        yield Person(
            PersonKey(CONTACT, text_of(ref)),
            email,
            phone,
            first or "",
            last or "",
            locale,
            bool(active),
            bool(email_verified),
            bool(phone_verified),
            company or "",
            _Facts(places, row),
        )


_COLUMNS = ["contact_ref", "email", "phone", "first_name", "last_name", "locale", "active"]
_COLUMNS += ["email_verified", "phone_verified", "partner.name"]


class _Facts(Mapping[str, Any]):
    """A row of :func:`contact_rows` as it came; few templates ask for all of it."""

    __slots__ = ("_places", "_row")

    def __init__(self, places: Mapping[str, int], row: Sequence[Any]) -> None:
        self._places, self._row = places, row

    def __getitem__(self, name: str) -> Any:
        if name == "partner":
            named = ((name.partition(".")[2], place) for name, place in self._places.items() if "." in name)
            return {name: self._row[place] for name, place in named}
        return self._row[self._places[name]]

    def __iter__(self) -> Iterator[str]:
        return iter([*(name for name in self._places if "." not in name), "partner"])

    def __len__(self) -> int:
        return sum(1 for _name in self)


def of_subscriber(subscriber: Subscriber) -> Person:
    """A subscriber as a person."""
    return Person(
        key=PersonKey(SUBSCRIBER, str(subscriber.id)),
        email=subscriber.email,
        phone=subscriber.phone,
        first_name=subscriber.first_name,
        last_name=subscriber.last_name,
        locale=subscriber.locale,
        is_active=subscriber.is_active,
        email_verified=False,
        phone_verified=False,
        company="",
        facts={
            "email": subscriber.email,
            "first_name": subscriber.first_name,
            "last_name": subscriber.last_name,
        },
        type=subscriber.type,
    )
