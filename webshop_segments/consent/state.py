"""What holds now: the only reader of the consent state.

A consent counts when its state is granted and no material change of the text came after it (W25): the state
itself stays ``granted``, and ``needs_renewal`` is derived, so that publishing never rewrites a million rows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select
from sqlalchemy.orm import Session, selectinload

from ..directory.people import PersonKey
from .models import ConsentRecord, ConsentState, ConsentVersion, Suppression

NONE = "none"
PENDING = "pending"
GRANTED = "granted"
NEEDS_RENEWAL = "needs_renewal"
WITHDRAWN = "withdrawn"
EXPIRED = "expired"
ENDED = "ended"


def floor() -> ColumnElement[int]:
    """The number of the newest version with a material change; older consents do not count until renewed."""
    newest = select(func.coalesce(func.max(ConsentVersion.number), 0)).where(ConsentVersion.change == "material")
    return newest.scalar_subquery()


def status() -> ColumnElement[str]:
    """The status column as people see it, needs_renewal included."""
    outdated = and_(ConsentState.status == GRANTED, ConsentState.version_number < floor())
    return case((outdated, NEEDS_RENEWAL), else_=ConsentState.status)


def counts() -> ColumnElement[bool]:
    """Whether a state row allows a message now, suppression apart."""
    return and_(ConsentState.status == GRANTED, ConsentState.version_number >= floor())


def suppressed() -> ColumnElement[bool]:
    """Whether a state row's address gets nothing on its channel."""
    return exists().where(
        Suppression.channel == ConsentState.channel, Suppression.address_key == ConsentState.address_key
    )


def of_person(session: Session, person: PersonKey) -> dict[str, tuple[ConsentState, str]]:
    """Per channel a person's state row and its status."""
    rows = session.execute(
        select(ConsentState, status()).where(
            ConsentState.person_kind == person.kind, ConsentState.person_ref == person.ref
        )
    )
    return {state.channel: (state, shown) for state, shown in rows}


def get(session: Session, person: PersonKey, channel: str) -> ConsentState | None:
    return session.get(ConsentState, (person.kind, person.ref, channel))


def statuses(session: Session, people: Collection[PersonKey]) -> dict[tuple[PersonKey, str], str]:
    """Per person and channel the status, for a page of a list."""
    rows = session.execute(
        select(ConsentState.person_kind, ConsentState.person_ref, ConsentState.channel, status()).where(
            ConsentState.person_kind.in_({person.kind for person in people}),
            ConsentState.person_ref.in_({person.ref for person in people}),
        )
    )
    return {(PersonKey(kind, ref), channel): shown for kind, ref, channel, shown in rows}


def totals(session: Session) -> dict[tuple[str, str], int]:
    """How many people there are per (channel, status)."""
    shown = status()
    rows = session.execute(select(ConsentState.channel, shown, func.count()).group_by(ConsentState.channel, shown))
    return {(channel, name): count for channel, name, count in rows}


def hanging_on(channel: str, address_key: str) -> Select[Any]:
    """Every person's state on a channel that hangs on one address (E14)."""
    return (
        select(ConsentState)
        .where(ConsentState.channel == channel, ConsentState.address_key == address_key)
        .order_by(ConsentState.person_kind, ConsentState.person_ref)
    )


def history(session: Session, person: PersonKey) -> Sequence[ConsentRecord]:
    """A person's records, newest first."""
    subject = select(ConsentState.subject_id).where(
        ConsentState.person_kind == person.kind, ConsentState.person_ref == person.ref
    )
    return session.scalars(
        select(ConsentRecord)
        .where(ConsentRecord.subject_id.in_(subject))
        .order_by(ConsentRecord.seq.desc())
        .options(selectinload(ConsentRecord.version).selectinload(ConsentVersion.texts))
    ).all()


def agreement(session: Session, person: PersonKey, channel: str) -> ConsentRecord | None:
    """The newest record by which a person agreed on a channel, whatever came after it."""
    return next(
        (
            record
            for record in history(session, person)
            if record.channel == channel and record.action in ("granted", "confirmed") and record.version is not None
        ),
        None,
    )
