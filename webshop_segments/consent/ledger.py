"""The only writer of the consent ledger: append a record, its evidence, and what now holds.

The subject's row is taken first, by an UPDATE that also counts its sequence: one statement that locks on
PostgreSQL and SQLite alike. Several subjects are taken in sorted order, so that two writers never wait in a ring,
some hundreds at a time.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..db import insert_new
from ..directory.addresses import Address
from ..directory.people import CONTACT, PersonKey
from ..signals import after_commit, consent_changed
from . import projection
from .models import EVIDENCE, ConsentEvidence, ConsentRecord, ConsentState, ConsentSubject, ConsentVersion

_SUBJECTS = cast(Table, ConsentSubject.__table__)
_SLICE = 500

ACTIONS = ("requested", "confirmed", "granted", "withdrawn", "objected", "expired", "ended", "erased")
GIVING = ("requested", "confirmed", "granted")
STAFF = ("administrator", "staff")
SOURCES = (
    "registration",
    "checkout",
    "guest_checkout",
    "profile",
    "signup_form",
    "confirmation",
    "preference_page",
    "one_click",
    "mailto",
    "sms_stop",
    "provider",
    "complaint",
    "import",
    "administrator",
    "system",
    "sample",
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where a choice was made: evidence that may be erased later (C23, C24)."""

    ip: str | None = None
    user_agent: str | None = None
    form: str | None = None


NOWHERE = Circumstances()


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be recorded. ``version`` and ``language`` are those the person was shown (C04)."""

    person: PersonKey
    action: str
    channel: str
    source: str
    actor: Actor
    address: Address | None
    version: ConsentVersion | None = None
    language: str | None = None
    circumstances: Circumstances = NOWHERE


def following(state: ConsentState, action: str, source: str, actor: Actor, where: Circumstances = NOWHERE) -> Entry:
    """An event that ends or changes what a state row says, about the address it says it of."""
    address = None
    if state.address_key is not None:
        address = Address(state.address_seen or "", state.address or "", state.address_key)
    person = PersonKey(state.person_kind, state.person_ref)
    return Entry(person, action, state.channel, source, actor, address, circumstances=where)


def record(session: Session, entry: Entry) -> ConsentRecord:
    """Append one event (flushes)."""
    return record_all(session, [entry])[0]


def record_all(session: Session, entries: Sequence[Entry]) -> list[ConsentRecord]:
    """Append events of one or several people, subject by subject in sorted order (flushes).

    :raises ValueError: for an action or source outside the glossary, a consent on a channel its version lacks, one
        that an administrator gives for an account holder (W27).
    """
    for entry in entries:
        _sensible(entry)
    subjects = _subjects(session, {entry.person for entry in entries})
    places: dict[str, list[int]] = {subject: [] for subject in sorted(subjects.values())}
    for index, entry in enumerate(entries):
        places[subjects[entry.person]].append(index)
    written: dict[int, ConsentRecord] = {}
    ordered = list(places)
    for start in range(0, len(ordered), _SLICE):
        some = {subject: places[subject] for subject in ordered[start : start + _SLICE]}
        written |= _append(session, entries, some, clock.now())
    for entry in entries:
        after_commit(
            session,
            consent_changed,
            person_kind=entry.person.kind,
            person_ref=entry.person.ref,
            channel=entry.channel,
            action=entry.action,
        )
    return [written[index] for index in range(len(entries))]


def _sensible(entry: Entry) -> None:
    if entry.action not in ACTIONS or entry.source not in SOURCES:
        raise ValueError(f"{entry.action!r} from {entry.source!r} is no event of the ledger")
    if entry.action in ("granted", "requested") and (
        entry.version is None or entry.channel not in entry.version.channels
    ):
        raise ValueError(f"the version shown does not ask for {entry.channel}")
    if entry.action in GIVING and entry.person.kind == CONTACT and entry.actor.kind in STAFF:
        raise ValueError("an administrator never gives an account holder's consent (W27)")


def _subjects(session: Session, people: set[PersonKey]) -> dict[PersonKey, str]:
    insert_new(
        session,
        ConsentSubject,
        [
            {"id": secrets.token_hex(16), "person_kind": kind, "person_ref": ref, "last_seq": 0, "head": ""}
            for kind, ref in sorted(people)
        ],
    )
    return projection.subjects_of(session, people)


def _append(
    session: Session, entries: Sequence[Entry], places: Mapping[str, list[int]], now: datetime
) -> dict[int, ConsentRecord]:
    """Write the entries at these places, given per subject in sorted order; no more statements for more people."""
    heads = _take(session, {subject: len(theirs) for subject, theirs in places.items()})
    written: dict[int, ConsentRecord] = {}
    evidences: dict[int, ConsentEvidence] = {}
    for subject, theirs in places.items():
        seq, head = heads[subject]
        for index in theirs:
            seq += 1
            evidences[index] = _evidence(entries[index])
            written[index] = _event(entries[index], evidences[index], subject, seq, head, now)
            head = written[index].digest
        heads[subject] = seq, head
    session.add_all(written.values())
    session.flush()
    for index, event in written.items():
        evidences[index].record_id = event.id
    session.add_all(evidences.values())
    session.flush()
    projection.apply(session, [(event, evidences[at], entries[at].version) for at, event in written.items()])
    session.connection().execute(
        update(_SUBJECTS).where(_SUBJECTS.c.id == bindparam("subject")).values(head=bindparam("digest")),
        [{"subject": subject, "digest": head} for subject, (_seq, head) in heads.items()],
    )
    return written


def _take(session: Session, events: Mapping[str, int]) -> dict[str, tuple[int, str]]:
    """Lock the subjects one after the other and count on; the sequence and head each of them had."""
    session.connection().execute(
        update(_SUBJECTS)
        .where(_SUBJECTS.c.id == bindparam("subject"))
        .values(last_seq=_SUBJECTS.c.last_seq + bindparam("events")),
        [{"subject": subject, "events": number} for subject, number in events.items()],
    )
    taken = session.execute(
        select(_SUBJECTS.c.id, _SUBJECTS.c.last_seq, _SUBJECTS.c.head).where(_SUBJECTS.c.id.in_(events))
    )
    return {subject: (last_seq - events[subject], head) for subject, last_seq, head in taken}


def _evidence(entry: Entry) -> ConsentEvidence:
    return ConsentEvidence(
        salt=secrets.token_hex(16),
        person_kind=entry.person.kind,
        person_ref=entry.person.ref,
        address_seen=entry.address and entry.address.seen,
        address=entry.address and entry.address.normal,
        address_key=entry.address and entry.address.key,
        ip=entry.circumstances.ip,
        user_agent=(entry.circumstances.user_agent or "")[:255] or None,
        form=(entry.circumstances.form or "")[:255] or None,
    )


def _event(
    entry: Entry, evidence: ConsentEvidence, subject_id: str, seq: int, previous: str, now: datetime
) -> ConsentRecord:
    event = ConsentRecord(
        subject_id=subject_id,
        seq=seq,
        action=entry.action,
        basis="consent",
        channel=entry.channel,
        version_id=entry.version and entry.version.id,
        language=entry.language,
        source=entry.source,
        actor=entry.actor.label,
        at=now,
        evidence_digest=evidence_digest(evidence),
        previous_digest=previous,
    )
    event.digest = record_digest(event)
    return event


def evidence_digest(evidence: ConsentEvidence) -> str:
    """SHA-256 over salt and every piece of evidence."""
    return _sha256({name: getattr(evidence, name) for name in EVIDENCE})


def record_digest(event: ConsentRecord) -> str:
    """SHA-256 over a record's columns and the digest of the record before it."""
    names = ("subject_id", "seq", "action", "basis", "channel", "version_id", "language", "source", "actor")
    content: dict[str, Any] = {name: getattr(event, name) for name in names}
    content |= {
        "at": event.at.isoformat(),
        "evidence": event.evidence_digest,
        "previous": event.previous_digest,
    }
    return _sha256(content)


def _sha256(content: dict[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
