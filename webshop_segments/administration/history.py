"""The history of events, newest first, narrowed to who, what, which object and when (W14)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import QueryableAttribute, Session

from .models import Administrator, Audit

PAGE = 50
COUNTED = 10_000
"""A count goes no further: beyond it nobody reads on, they narrow the list."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the history is narrowed to; what is empty narrows nothing.

    :param who: a part of the name under which somebody acted, or of the name or address an account has today.
    :param kinds: kinds of actors that count as ``who`` too, for those without a name of their own.
    :param action: ``segment.renamed``, or ``segment`` for all of its actions.
    :param name: a part of the object's name.
    :param named: the kinds of objects a name is looked for among, None for all (W53).
    :param since: aware time of the first event.
    :param until: aware time after the last event.
    """

    who: str = ""
    kinds: frozenset[str] = field(default_factory=frozenset)
    action: str = ""
    name: str = ""
    named: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


def events(session: Session, wanted: Wanted, before: int | None = None) -> tuple[Sequence[Audit], int | None]:
    """One page below an event, and below which event the next one goes on; None where there is none."""
    statement = _newest_first(wanted)
    if before is not None:
        at = session.scalar(select(Audit.at).where(Audit.id == before))
        statement = statement.where(_below(at, before))
    found = session.scalars(statement.limit(PAGE + 1)).all()
    page = found[:PAGE]
    return page, page[-1].id if len(found) > PAGE else None


def every(session: Session, wanted: Wanted) -> Iterator[Audit]:
    """All events wanted, read while they are used."""
    yield from session.scalars(_newest_first(wanted).execution_options(yield_per=500))


def count(session: Session, wanted: Wanted) -> int:
    """How many there are, at most one more than COUNTED."""
    some = select(Audit.id).where(*_conditions(wanted)).limit(COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def still_there(session: Session, key: QueryableAttribute[Any], refs: Iterable[str]) -> Collection[str]:
    """Which of some objects with whole numbers as keys exist, as the texts the history knows them by."""
    # int() takes the digits of every script; the history holds what str() wrote.
    numbers = [int(ref) for ref in refs if ref.isascii() and ref.isdigit() and len(ref) < 19]
    return {str(number) for number in session.scalars(select(key).where(key.in_(numbers)))} if numbers else set()


def _newest_first(wanted: Wanted) -> Select[Any]:
    return select(Audit).where(*_conditions(wanted)).order_by(Audit.at.desc(), Audit.id.desc())


def _below(at: datetime | None, event_id: int) -> ColumnElement[bool]:
    if at is None:
        return Audit.id < event_id
    return and_(Audit.at <= at, or_(Audit.at < at, Audit.id < event_id))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.who:
        conditions.append(_done_by(wanted))
    if wanted.action:
        whole = Audit.action.startswith(f"{wanted.action}.", autoescape=True)
        conditions.append(or_(Audit.action == wanted.action, whole))
    if wanted.name:
        conditions.append(Audit.object_name.icontains(wanted.name, autoescape=True))
        if wanted.named is not None:
            conditions.append(Audit.object_kind.in_(wanted.named))
    if wanted.since is not None:
        conditions.append(Audit.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Audit.at < wanted.until)
    return conditions


def _done_by(wanted: Wanted) -> ColumnElement[bool]:
    accounts = select(cast(Administrator.id, String)).where(
        or_(
            Administrator.name.icontains(wanted.who, autoescape=True),
            Administrator.email.icontains(wanted.who, autoescape=True),
        )
    )
    return or_(
        Audit.actor_name.icontains(wanted.who, autoescape=True),
        Audit.actor_kind.in_(wanted.kinds),
        and_(Audit.actor_kind == "administrator", Audit.actor_ref.in_(accounts)),
    )
