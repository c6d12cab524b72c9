"""The only writer of the consent ledger: append a record, its evidence, and what now holds.

The subject's row is taken first, by an UPDATE that also counts its sequence: one statement that locks on
PostgreSQL and SQLite alike. Several subjects are taken in sorted order, so that two writers never wait in a ring.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..db import insert_new
from ..directory.addresses import Address
from ..directory.people import PersonKey
from ..signals import after_commit, consent_changed
from . import projection
from .models import EVIDENCE, ConsentEvidence, ConsentRecord, ConsentState, ConsentSubject, ConsentVersion

ACTIONS = ("requested", "confirmed", "granted", "withdrawn", "objected", "expired", "ended", "erased")
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

    :raises ValueError: for an action or source outside the glossary, or a consent on a channel its version lacks.
    """
    for entry in entries:
        _sensible(entry)
    subjects = _subjects(session, {entry.person for entry in entries})
    written: dict[int, ConsentRecord] = {}
    now = clock.now()
    for person in sorted(subjects, key=lambda person: subjects[person]):
        theirs = [index for index, entry in enumerate(entries) if entry.person == person]
        seq, head = _take(session, subjects[person], len(theirs))
        for index in theirs:
            seq += 1
            written[index] = _append(session, entries[index], subjects[person], seq, head, now)
            head = written[index].digest
        session.execute(update(ConsentSubject).where(ConsentSubject.id == subjects[person]).values(head=head))
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


def _take(session: Session, subject_id: str, events: int) -> tuple[int, str]:
    row = session.execute(
        update(ConsentSubject)
        .where(ConsentSubject.id == subject_id)
        .values(last_seq=ConsentSubject.last_seq + events)
        .returning(ConsentSubject.last_seq, ConsentSubject.head)
        .execution_options(synchronize_session=False)
    ).one()
    return row.last_seq - events, row.head


def _append(session: Session, entry: Entry, subject_id: str, seq: int, previous: str, now: datetime) -> ConsentRecord:
    evidence = ConsentEvidence(
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
    session.add(event)
    session.flush()
    evidence.record_id = event.id
    session.add(evidence)
    session.flush()
    projection.apply(session, event, evidence, entry.version)
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
