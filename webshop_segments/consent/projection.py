"""From ledger to state: what one record changes, and the rebuild of everything from the ledger alone."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..directory.people import PersonKey
from .models import ConsentEvidence, ConsentRecord, ConsentState, ConsentSubject, ConsentVersion

STATUS_AFTER = {
    "requested": "pending",
    "confirmed": "granted",
    "granted": "granted",
    "withdrawn": "withdrawn",
    "objected": "withdrawn",
    "expired": "expired",
    "ended": "ended",
}
_SLICE = 500


def apply(
    session: Session, record: ConsentRecord, evidence: ConsentEvidence | None, version: ConsentVersion | None
) -> None:
    """Bring the state row of a record's person and channel up to date (flushes).

    The subject is locked by now: the row is read again, for somebody else may have written it since we last looked.
    """
    if evidence is None or evidence.person_kind is None or evidence.person_ref is None:
        return
    key = (evidence.person_kind, evidence.person_ref, record.channel)
    state = session.get(ConsentState, key, populate_existing=True)
    if record.action == "erased":
        if state is not None:
            session.delete(state)
        session.flush()
        return
    if state is None:
        state = ConsentState(person_kind=key[0], person_ref=key[1], channel=key[2], version_number=None, wrong_codes=0)
        session.add(state)
    state.subject_id = record.subject_id
    state.record_id = record.id
    state.status = STATUS_AFTER[record.action]
    state.since = record.at
    if version is not None:
        state.version_number = version.number
    if evidence.address_key is not None:
        state.address_seen = evidence.address_seen
        state.address, state.address_key = evidence.address, evidence.address_key
    if record.action == "requested":
        state.wrong_codes = 0
    session.flush()


def subjects_of(session: Session, people: Collection[PersonKey]) -> dict[PersonKey, str]:
    """The random subject id of each person who has one."""
    found: dict[PersonKey, str] = {}
    refs = sorted({person.ref for person in people})
    for start in range(0, len(refs), _SLICE):
        rows = session.execute(
            select(ConsentSubject.person_kind, ConsentSubject.person_ref, ConsentSubject.id).where(
                ConsentSubject.person_ref.in_(refs[start : start + _SLICE])
            )
        )
        found |= {PersonKey(str(kind), str(ref)): subject for kind, ref, subject in rows}
    return {person: found[person] for person in people if person in found}


def rebuild(session: Session) -> list[tuple[str, str, str]]:
    """Recompute every state row from the ledger (flushes); an honest projection is left as it was.

    :returns: (person kind, person ref, channel) of every row that differed.
    """
    before = {_key(state): state for state in session.scalars(select(ConsentState))}
    session.expunge_all()
    session.execute(delete(ConsentState))
    last_id = 0
    while rows := session.execute(
        select(ConsentRecord, ConsentEvidence, ConsentVersion)
        .join(ConsentEvidence, ConsentEvidence.record_id == ConsentRecord.id)
        .outerjoin(ConsentVersion, ConsentVersion.id == ConsentRecord.version_id)
        .where(ConsentRecord.id > last_id)
        .order_by(ConsentRecord.id)
        .limit(_SLICE)
    ).all():
        for record, evidence, version in rows:
            apply(session, record, evidence, version)
        last_id = rows[-1][0].id
    after = {_key(state): state for state in session.scalars(select(ConsentState))}
    for key in before.keys() & after.keys():
        # The sweep keeps the host's newest spelling of the same address; the ledger does not know it.
        if after[key].address == before[key].address:
            after[key].address_seen = before[key].address_seen
        after[key].wrong_codes = before[key].wrong_codes
    session.flush()
    contents = [{key: _content(state) for key, state in rows.items()} for rows in (before, after)]
    return sorted(key for key in before.keys() | after.keys() if contents[0].get(key) != contents[1].get(key))


def _key(state: ConsentState) -> tuple[str, str, str]:
    return state.person_kind, state.person_ref, state.channel


def _content(state: ConsentState) -> tuple[object, ...]:
    return (
        state.subject_id,
        state.record_id,
        state.status,
        state.version_number,
        state.address,
        state.address_key,
    )
