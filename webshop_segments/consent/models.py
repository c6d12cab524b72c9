"""Tables of the consent: versions and texts, the append-only ledger, its projection, suppression."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from .. import clock
from ..db import SCHEMA_TOKEN, Base, BigId, UTCDateTime


class ConsentVersion(Base):
    """A published wording with its channels; never edited or deleted (C34)."""

    __tablename__ = "wss_consent_version"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    channels: Mapped[list[str]] = mapped_column(JSON)
    change: Mapped[str] = mapped_column(String(10))
    channels_added: Mapped[list[str]] = mapped_column(JSON, default=list)
    channels_removed: Mapped[list[str]] = mapped_column(JSON, default=list)
    controller: Mapped[str] = mapped_column(String(255))
    published_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    published_by: Mapped[str] = mapped_column(String(254))

    texts: Mapped[list[ConsentText]] = relationship(order_by="ConsentText.language", lazy="selectin")


class ConsentText(Base):
    """A version in one language, as shown, with its hash (C03)."""

    __tablename__ = "wss_consent_text"
    __table_args__ = (UniqueConstraint("version_id", "language"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA_TOKEN}.wss_consent_version.id"))
    language: Mapped[str] = mapped_column(String(5))
    statement: Mapped[str] = mapped_column(Text)
    withdrawal: Mapped[str] = mapped_column(Text)
    privacy_url: Mapped[str] = mapped_column(String(500))
    labels: Mapped[dict[str, str]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))


class ConsentSubject(Base):
    """A person in the ledger under a random id; erasing a person empties the reference, the records stay."""

    __tablename__ = "wss_consent_subject"
    __table_args__ = (UniqueConstraint("person_kind", "person_ref"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_kind: Mapped[str | None] = mapped_column(String(10))
    person_ref: Mapped[str | None] = mapped_column(String(80))
    last_seq: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(String(64), default="")


class ConsentRecord(Base):
    """One event: requested, confirmed, granted, withdrawn, objected, expired, ended or erased.

    ``digest`` covers every column here and the previous record's digest; the evidence only through a salted
    digest, so that it can be erased without breaking the chain.
    """

    __tablename__ = "wss_consent_record"
    __table_args__ = (UniqueConstraint("subject_id", "seq"), Index(None, "version_id", "channel"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[str] = mapped_column(ForeignKey(f"{SCHEMA_TOKEN}.wss_consent_subject.id"))
    seq: Mapped[int]
    action: Mapped[str] = mapped_column(String(10))
    basis: Mapped[str] = mapped_column(String(20), default="consent")
    channel: Mapped[str] = mapped_column(String(10))
    version_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA_TOKEN}.wss_consent_version.id"))
    language: Mapped[str | None] = mapped_column(String(5))
    source: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    evidence_digest: Mapped[str] = mapped_column(String(64))
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))

    version: Mapped[ConsentVersion | None] = relationship()
    evidence: Mapped[ConsentEvidence | None] = relationship(
        back_populates="record", uselist=False, passive_deletes="all"
    )


class ConsentEvidence(Base):
    """What identifies the person behind a record; may be erased, then ``erased_at`` says when."""

    __tablename__ = "wss_consent_evidence"
    __table_args__ = (Index(None, "person_kind", "person_ref"),)

    record_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA_TOKEN}.wss_consent_record.id"), primary_key=True, autoincrement=False
    )
    salt: Mapped[str | None] = mapped_column(String(32))
    person_kind: Mapped[str | None] = mapped_column(String(10))
    person_ref: Mapped[str | None] = mapped_column(String(80))
    address_seen: Mapped[str | None] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(254))
    address_key: Mapped[str | None] = mapped_column(String(32))
    ip: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(255))
    form: Mapped[str | None] = mapped_column(String(255))
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    record: Mapped[ConsentRecord] = relationship(back_populates="evidence")


EVIDENCE = (
    "salt",
    "person_kind",
    "person_ref",
    "address_seen",
    "address",
    "address_key",
    "ip",
    "user_agent",
    "form",
)
"""What a record's evidence digest covers, and what an erasure empties."""


class ConsentState(Base):
    """What holds now for a person and a channel; a projection of the ledger, rebuilt from it at any time."""

    __tablename__ = "wss_consent_state"
    __table_args__ = (Index(None, "channel", "address_key"), Index(None, "record_id"))

    person_kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    person_ref: Mapped[str] = mapped_column(String(80), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    subject_id: Mapped[str] = mapped_column(ForeignKey(f"{SCHEMA_TOKEN}.wss_consent_subject.id"))
    record_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA_TOKEN}.wss_consent_record.id"))
    status: Mapped[str] = mapped_column(String(10))
    version_number: Mapped[int | None]
    address_seen: Mapped[str | None] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(254))
    address_key: Mapped[str | None] = mapped_column(String(32))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    wrong_codes: Mapped[int] = mapped_column(default=0)


class Suppression(Base):
    """An address that gets nothing on a channel; survives erasure, holds no plain address (C48)."""

    __tablename__ = "wss_suppression"

    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    address_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    reason: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


def _refuse(mapper: Mapper[Any], connection: Connection, row: Base) -> None:
    raise RuntimeError("The consent ledger is only appended to (GDPR 7(1)); write a further record instead.")


def _refuse_rewording(mapper: Mapper[Any], connection: Connection, row: Base) -> None:
    raise RuntimeError("A published version is what people agreed to and stays as it is; publish the next one instead.")


for change in ("before_update", "before_delete"):
    event.listen(ConsentRecord, change, _refuse)
    event.listen(ConsentVersion, change, _refuse_rewording)
    event.listen(ConsentText, change, _refuse_rewording)
