"""From ledger to state: what one record changes, and the rebuild of everything from the ledger alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

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


Written = tuple[ConsentRecord, ConsentEvidence | None, ConsentVersion | None]
Key = tuple[str, str, str]


def apply(session: Session, written: Sequence[Written]) -> None:
    """Bring the state rows of some records' people and channels up to date (flushes).

    The subjects are locked by now: the rows are read again, for somebody else may have written since we last looked.
    """
    about = [(_about(record, evidence), record, evidence, version) for record, evidence, version in written]
    states = _read_again(session, {key for key, *_rest in about if key is not None})
    for key, record, evidence, version in about:
        if key is None or evidence is None:
            continue
        if record.action == "erased":
            if key in states:
                session.delete(states.pop(key))
                session.flush()
            continue
        if key not in states:
            states[key] = ConsentState(
                person_kind=key[0], person_ref=key[1], channel=key[2], version_number=None, wrong_codes=0
            )
            session.add(states[key])
        _bring(states[key], record, evidence, version)
    session.flush()


def _about(record: ConsentRecord, evidence: ConsentEvidence | None) -> Key | None:
    if evidence is None or evidence.person_kind is None or evidence.person_ref is None:
        return None
    return evidence.person_kind, evidence.person_ref, record.channel


def _read_again(session: Session, keys: Collection[Key]) -> dict[Key, ConsentState]:
    rows = session.scalars(
        select(ConsentState)
        .where(
            ConsentState.person_kind.in_({kind for kind, _ref, _channel in keys}),
            ConsentState.person_ref.in_({ref for _kind, ref, _channel in keys}),
        )
        .execution_options(populate_existing=True)
    )
    return {_key(row): row for row in rows if _key(row) in keys}


def _bring(
    state: ConsentState, record: ConsentRecord, evidence: ConsentEvidence, version: ConsentVersion | None
) -> None:
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


def subjects_of(session: Session, people: Collection[PersonKey]) -> dict[PersonKey, str]:
    """The random subject id of each person who has one."""
    found: dict[PersonKey, str] = {}
    kinds, refs = {person.kind for person in people}, sorted({person.ref for person in people})
    for start in range(0, len(refs), _SLICE):
        rows = session.execute(
            select(ConsentSubject.person_kind, ConsentSubject.person_ref, ConsentSubject.id).where(
                ConsentSubject.person_kind.in_(kinds), ConsentSubject.person_ref.in_(refs[start : start + _SLICE])
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
        apply(session, [(record, evidence, version) for record, evidence, version in rows])
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


def _key(state: ConsentState) -> Key:
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
