"""Erasing a person from the ledger (C47): the records stay as bare proof, what identifies her goes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..directory.people import PersonKey
from . import choices, ledger
from .models import EVIDENCE, ConsentEvidence, ConsentState, ConsentSubject


def erase(session: Session, person: PersonKey, source: str, actor: Actor) -> int:
    """Record the erasure per channel, then empty the evidence (flushes); suppressions stay.

    :returns: how many channels the person had a record on.
    """
    states = session.scalars(
        select(ConsentState).where(ConsentState.person_kind == person.kind, ConsentState.person_ref == person.ref)
    ).all()
    ledger.record_all(session, [ledger.following(state, "erased", source, actor) for state in states])
    _empty(session, person, clock.now())
    session.execute(
        update(ConsentSubject)
        .where(ConsentSubject.person_kind == person.kind, ConsentSubject.person_ref == person.ref)
        .values(person_kind=None, person_ref=None)
    )
    return len(states)


def expire_requests(session: Session, actor: Actor) -> int:
    """End requests nobody confirmed in time (C15, flushes); returns how many."""
    old = session.scalars(
        select(ConsentState).where(
            ConsentState.status == "pending", ConsentState.since < clock.now() - choices.REQUEST_LIFE
        )
    ).all()
    ledger.record_all(session, [ledger.following(state, "expired", "system", actor) for state in old])
    return len(old)


def _empty(session: Session, person: PersonKey, at: datetime) -> None:
    session.execute(
        update(ConsentEvidence)
        .where(ConsentEvidence.person_kind == person.kind, ConsentEvidence.person_ref == person.ref)
        .values(erased_at=at, **dict.fromkeys(EVIDENCE))
    )
    session.expire_all()
