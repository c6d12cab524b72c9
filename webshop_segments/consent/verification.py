"""Is the ledger whole? Every chain is walked and every digest computed again, those of the texts too (C26, C34)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from .ledger import evidence_digest, record_digest
from .models import ConsentEvidence, ConsentRecord, ConsentSubject, ConsentVersion
from .wording import text_digest

_SLICE = 1000


def faults(session: Session) -> Iterator[str]:
    """A sentence for each record that was changed, removed or put in, each text changed; none for a whole ledger."""
    heads: dict[str, tuple[int, str]] = {}
    last: tuple[str, int] = ("", 0)
    while rows := session.execute(
        select(ConsentRecord, ConsentEvidence)
        .outerjoin(ConsentEvidence, ConsentEvidence.record_id == ConsentRecord.id)
        .where(
            (ConsentRecord.subject_id > last[0])
            | ((ConsentRecord.subject_id == last[0]) & (ConsentRecord.seq > last[1]))
        )
        .order_by(ConsentRecord.subject_id, ConsentRecord.seq)
        .limit(_SLICE)
    ).all():
        for record, evidence in rows:
            yield from _faults_of(record, evidence, heads.get(record.subject_id, (0, "")))
            heads[record.subject_id] = (record.seq, record.digest)
        last = (rows[-1][0].subject_id, rows[-1][0].seq)
        session.expunge_all()
    for subject in session.scalars(select(ConsentSubject)):
        if heads.get(subject.id, (0, "")) != (subject.last_seq, subject.head):
            yield f"Subject {subject.id}: records after number {heads.get(subject.id, (0, ''))[0]} are missing."
    for version in session.scalars(select(ConsentVersion)):
        for text in version.texts:
            if text_digest(text, version.controller) != text.sha256:
                yield f"Version {version.number}, text in “{text.language}”: was changed."


def _faults_of(record: ConsentRecord, evidence: ConsentEvidence | None, before: tuple[int, str]) -> Iterator[str]:
    where = f"Subject {record.subject_id}, record {record.seq}"
    if record.seq != before[0] + 1 or record.previous_digest != before[1]:
        yield f"{where}: does not follow the record before it."
    if record_digest(record) != record.digest:
        yield f"{where}: was changed."
    if evidence is None:
        yield f"{where}: its evidence is missing."
    elif evidence.erased_at is None and evidence_digest(evidence) != record.evidence_digest:
        yield f"{where}: its evidence was changed."
