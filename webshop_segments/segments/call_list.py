"""A segment's call list: whom the shop may call, at which number, and what proves it (W26)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from ..access import Actor
from ..administration import audit
from ..administration.models import Audit
from ..consent.models import ConsentRecord, ConsentVersion
from ..directory import people
from ..directory.people import PersonKey
from ..shop import Shop
from . import audience
from .audience import Choice
from .models import Segment

EXPORTED = "call_list.exported"
_SLICE = 500


class Callee(NamedTuple):
    """Who may be called, at the number the consent was given for (E.164)."""

    person: PersonKey
    number: str
    record_id: int


class Proof(NamedTuple):
    """What a record says of the consent given with it."""

    version: int | None
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list."""

    callee: Callee
    name: str
    company: str
    proof: Proof


class Export(NamedTuple):
    """When a list was taken out, by whom, and how many people stood on it."""

    at: datetime
    by: str
    people: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, the line to continue after if more follow, and how many people are listed and left out why."""

    entries: list[Entry]
    next: PersonKey | None
    total: int
    left_out: Mapping[str, int]


def page(session: Session, shop: Shop, segment: Segment, after: PersonKey | None = None, size: int = 50) -> Page:
    """People who may be called, by key; each number once."""
    counts = audience.counts(session, shop, _choice(segment))
    callees = _callees(session, shop, segment, after, size + 1)
    shown = callees[:size]
    return Page(
        entries=list(entries(session, shop, shown)),
        next=shown[-1].person if len(callees) > size else None,
        total=counts.get(None, 0),
        left_out={str(reason): count for reason, count in counts.items() if reason is not None and count},
    )


def take(session: Session, shop: Shop, segment: Segment, by: Actor) -> list[Callee]:
    """Everybody on the list, to be exported: that this consent of each was used goes into the history (flushes)."""
    callees = _callees(session, shop, segment)
    records = [callee.record_id for callee in callees]
    audit.record(session, by, EXPORTED, "segment", segment.id, segment.name, count=len(callees), records=records)
    session.flush()
    return callees


def entries(session: Session, shop: Shop, callees: Sequence[Callee]) -> Iterator[Entry]:
    """The lines of these people, looked up some hundreds at a time."""
    for start in range(0, len(callees), _SLICE):
        some = callees[start : start + _SLICE]
        found = people.find(session, shop, [callee.person for callee in some])
        proofs = _proofs(session, [callee.record_id for callee in some])
        for callee in some:
            person, proof = found.get(callee.person), proofs[callee.record_id]
            name = f"{person.first_name} {person.last_name}".strip() if person else ""
            yield Entry(callee, name, person.company if person else "", proof)


def exports(session: Session, segment: Segment, size: int = 20) -> list[Export]:
    """The newest exports of this segment's list."""
    rows = session.execute(
        select(Audit.at, Audit.actor_name, Audit.detail["count"].as_integer())
        .where(Audit.object_kind == "segment", Audit.object_ref == str(segment.id), Audit.action == EXPORTED)
        .order_by(Audit.id.desc())
        .limit(size)
    )
    return [Export(at, name, count) for at, name, count in rows]


def _choice(segment: Segment) -> Choice:
    return Choice("phone", everybody=False, segment_ids=(segment.id,))


def _callees(
    session: Session, shop: Shop, segment: Segment, after: PersonKey | None = None, size: int | None = None
) -> list[Callee]:
    rows = audience.people(shop, _choice(segment)).subquery("people")
    found = select(rows.c.kind, rows.c.ref, rows.c.address, rows.c.record_id).where(rows.c.reason.is_(None))
    if after is not None:
        found = found.where(tuple_(rows.c.kind, rows.c.ref) > tuple_(after.kind, after.ref))
    listed = session.execute(found.order_by(rows.c.kind, rows.c.ref).limit(size))
    return [Callee(PersonKey(kind, ref), address, record_id) for kind, ref, address, record_id in listed]


def _proofs(session: Session, record_ids: Sequence[int]) -> dict[int, Proof]:
    rows = session.execute(
        select(ConsentRecord.id, ConsentVersion.number, ConsentRecord.at, ConsentRecord.source)
        .outerjoin(ConsentVersion, ConsentVersion.id == ConsentRecord.version_id)
        .where(ConsentRecord.id.in_(record_ids))
    )
    return {record_id: Proof(number, at, source) for record_id, number, at, source in rows}
