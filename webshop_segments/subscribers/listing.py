"""Everyone who agreed: the list by the newest or oldest choice, filtered, counted, page by page (W30).

It is read from the consent state along the index on its records, so that a page costs the same wherever it stands.
A sign-up, guest order or imported row whose address has an account by now is shown with the account, not beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from ..consent import state
from ..consent.models import ConsentState
from ..directory.addresses import CHANNELS
from ..directory.models import Subscriber
from ..directory.people import CONTACT, SUBSCRIBER, PersonKey
from ..refs import key_from

ACCOUNT = "account"
TYPES = (ACCOUNT, "signup", "guest_order", "import")
STATUSES = (state.GRANTED, state.PENDING, state.NEEDS_RENEWAL, state.WITHDRAWN, state.EXPIRED, state.ENDED)

PAGE = 50
COUNTED = 10_000
"""A list is counted so far at once; counting the rest of it takes its time and is asked for apart."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; empty means all. ``type`` is one of :data:`TYPES`."""

    channel: str = ""
    status: str = ""
    type: str = ""
    oldest_first: bool = False

    @classmethod
    def read(cls, values: dict[str, str]) -> Wanted:
        """From a query string; what is no channel, status or type narrows nothing."""
        known = {"channel": CHANNELS, "status": STATUSES, "type": TYPES}
        taken = {name: value for name, value in values.items() if value in known.get(name, ())}
        return cls(**taken, oldest_first=values.get("sort") == "oldest")


@dataclass(frozen=True, slots=True)
class Page:
    """Some people, and what to continue after, None on the last page."""

    people: Sequence[PersonKey]
    next: str | None


def page(session: Session, wanted: Wanted, after: str = "", size: int = PAGE) -> Page:
    """People by the time of their last choice.

    :param after: what the page before gave; anything else starts at the beginning.
    """
    held = aliased(ConsentState)
    found = _people(held, wanted)
    last = int(after) if after.isdecimal() and len(after) < 19 else None
    if last is not None:
        found = found.where(held.record_id > last if wanted.oldest_first else held.record_id < last)
    order = held.record_id.asc() if wanted.oldest_first else held.record_id.desc()
    rows = session.execute(found.order_by(order).limit(size + 1)).all()
    people = [PersonKey(row.person_kind, row.person_ref) for row in rows[:size]]
    return Page(people, str(rows[size - 1].record_id) if len(rows) > size else None)


def total(session: Session, wanted: Wanted, most: int | None = COUNTED) -> int:
    """How many people there are; with ``most``, one more than that stands for more."""
    found = _people(aliased(ConsentState), wanted).limit(None if most is None else most + 1)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def everyone(session: Session, wanted: Wanted, size: int = 500) -> Iterator[Sequence[PersonKey]]:
    """The whole list, a page at a time."""
    after: str | None = ""
    while after is not None:
        some = page(session, wanted, after, size)
        yield some.people
        after = some.next


def narrows(held: Any, wanted: Wanted) -> ColumnElement[bool]:
    """Whether a row of the consent state is on the channel and in the status asked for."""
    asked: list[ColumnElement[bool]] = []
    if wanted.channel:
        asked.append(held.channel == wanted.channel)
    if wanted.status == state.GRANTED:
        asked += [held.status == state.GRANTED, held.version_number >= state.floor()]
    elif wanted.status == state.NEEDS_RENEWAL:
        asked += [held.status == state.GRANTED, held.version_number < state.floor()]
    elif wanted.status:
        asked.append(held.status == wanted.status)
    return and_(True, *asked)


def _people(held: Any, wanted: Wanted) -> Select[Any]:
    """One row of the state for each person: the newest of those asked for."""
    newer = aliased(ConsentState)
    found = select(held.person_kind, held.person_ref, held.record_id).where(
        narrows(held, wanted),
        ~exists().where(
            newer.person_kind == held.person_kind,
            newer.person_ref == held.person_ref,
            newer.record_id > held.record_id,
            narrows(newer, wanted),
        ),
    )
    if wanted.type == ACCOUNT:
        return found.where(held.person_kind == CONTACT)
    if wanted.type:
        return found.where(held.person_kind == SUBSCRIBER, _is_of_type(held, wanted.type))
    return found.where(or_(held.person_kind == CONTACT, ~_shown_with_account(held, wanted)))


def _is_of_type(held: Any, name: str) -> ColumnElement[bool]:
    # The CASE keeps a ref of the shop from being cast to a number of ours.
    number = case((held.person_kind == SUBSCRIBER, key_from(held.person_ref, Subscriber.__table__.c.id.type)))
    return exists().where(Subscriber.id == number, Subscriber.type == name)


def _shown_with_account(held: Any, wanted: Wanted) -> ColumnElement[bool]:
    """Whether an account with one of the same addresses is in the list already."""
    mine, theirs = aliased(ConsentState), aliased(ConsentState)
    return exists().where(
        mine.person_kind == held.person_kind,
        mine.person_ref == held.person_ref,
        theirs.channel == mine.channel,
        theirs.address_key == mine.address_key,
        theirs.person_kind == CONTACT,
        narrows(theirs, wanted),
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What people on a page hold: statuses per person and channel, and per person the last choice and address."""

    statuses: dict[tuple[PersonKey, str], str]
    since: dict[PersonKey, datetime]
    addresses: dict[PersonKey, tuple[str, str | None]]


def held(session: Session, people: Sequence[PersonKey]) -> Held:
    """One statement for a page."""
    # By kind and ref together: the key's index begins with the kind.
    theirs = or_(
        *(
            and_(
                ConsentState.person_kind == kind,
                ConsentState.person_ref.in_([key.ref for key in people if key.kind == kind]),
            )
            for kind in (CONTACT, SUBSCRIBER)
        )
    )
    found = Held({}, {}, {})
    rows = session.execute(select(ConsentState, state.status()).where(theirs).order_by(ConsentState.record_id))
    for row, status in rows:
        key = PersonKey(row.person_kind, row.person_ref)
        found.statuses[key, row.channel] = status
        found.since[key] = row.since
        found.addresses[key] = (row.channel, row.address_seen)
    return found
