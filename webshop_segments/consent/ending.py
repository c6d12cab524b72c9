"""The shop ends every consent on a channel that it no longer asks for (C32), some hundreds of people at a time."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..access import Actor
from . import ledger
from .models import ConsentState

_SLICE = 500


def end_channel(session: Session, channel: str, by: Actor) -> int:
    """End what was given or asked for on a channel (flushes); returns how many people it concerned.

    Everybody's subject is locked in sorted order, so that a customer who ticks a box meanwhile only has to wait.
    """
    open_now = (ConsentState.channel == channel, ConsentState.status.in_(["granted", "pending"]))
    people = session.execute(
        select(ConsentState.person_kind, ConsentState.person_ref).where(*open_now).order_by(ConsentState.subject_id)
    ).all()
    for start in range(0, len(people), _SLICE):
        some = people[start : start + _SLICE]
        states = session.scalars(
            select(ConsentState).where(
                *open_now,
                ConsentState.person_kind.in_({kind for kind, _ref in some}),
                ConsentState.person_ref.in_({ref for _kind, ref in some}),
            )
        ).all()
        wanted = {tuple(person) for person in some}
        concerned = [row for row in states if (row.person_kind, row.person_ref) in wanted]
        ledger.record_all(session, [ledger.following(row, "ended", "administrator", by) for row in concerned])
    return len(people)
