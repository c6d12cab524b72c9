"""A record of the ledger as proof: everything it says, with the very text the person was shown (C02, C03, C20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, selectinload

from ..db import Base
from ..directory.people import PersonKey
from .models import EVIDENCE, ConsentRecord, ConsentSubject, ConsentText, ConsentVersion
from .versions import text_in

SCHEMA_VERSION = "webshop_segments proof 1"


def proof(record: ConsentRecord) -> dict[str, Any]:
    """One event, readable without any table beside it."""
    version, evidence = record.version, record.evidence
    return {
        "schema": SCHEMA_VERSION,
        "record": record.id,
        "subject": record.subject_id,
        "number": record.seq,
        "event": record.action,
        "basis": record.basis,
        "channel": record.channel,
        "at": record.at.isoformat(),
        "source": record.source,
        "actor": record.actor,
        "controller": version.controller if version is not None else None,
        "version": version.number if version is not None else None,
        "language": record.language,
        "text": _text(text_in(version, record.language or "", "")) if version is not None else None,
        "evidence": {name: getattr(evidence, name) for name in EVIDENCE} if evidence is not None else None,
        "evidence_erased_at": evidence.erased_at.isoformat() if evidence is not None and evidence.erased_at else None,
        "evidence_digest": record.evidence_digest,
        "previous_digest": record.previous_digest,
        "digest": record.digest,
    }


def history(session: Session, person: PersonKey) -> Sequence[ConsentRecord]:
    """A person's records, newest first, with all that :func:`proof` needs; however many, in a few statements."""
    hers = (ConsentSubject.person_kind == person.kind, ConsentSubject.person_ref == person.ref)
    return session.scalars(
        select(ConsentRecord)
        .where(ConsentRecord.subject_id.in_(select(ConsentSubject.id).where(*hers)))
        .options(selectinload(ConsentRecord.evidence), selectinload(ConsentRecord.version))
        .order_by(ConsentRecord.seq.desc())
    ).all()


def published(version: ConsentVersion) -> dict[str, Any]:
    """A version with all its texts."""
    return columns(version) | {"texts": [_text(text) for text in version.texts]}


def columns(row: Base) -> dict[str, Any]:
    """A row as JSON knows it, times in ISO 8601."""
    values = {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def _text(text: ConsentText) -> dict[str, Any]:
    names = ("language", "statement", "withdrawal", "privacy_url", "labels", "sha256")
    return {name: getattr(text, name) for name in names}
