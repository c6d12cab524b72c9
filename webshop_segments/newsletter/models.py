"""Tables of newsletters, their sendings and every recipient."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .. import clock
from ..db import SCHEMA_TOKEN, Base, BigId, UTCDateTime


class Newsletter(Base):
    """What is written. ``edition`` guards against two people editing at once.

    ``with_note``: the unsubscribe note stands below the text (W41). ``sender`` is an SMS's, else the channel's own.
    """

    __tablename__ = "wss_newsletter"
    __table_args__ = (Index(None, "channel", "modified_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(255), default="")
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(5))
    reply_to: Mapped[str | None] = mapped_column(String(254))
    preheader: Mapped[str] = mapped_column(String(255), default="")
    with_note: Mapped[bool] = mapped_column(default=True)
    sender: Mapped[str] = mapped_column(String(20), default="")
    edition: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str] = mapped_column(String(254))
    modified_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class Dispatch(Base):
    """One sending of a newsletter, with its content frozen. ``request_key`` makes a double post one sending.

    ``follows_id`` names the sending it adds to: only those go out who were not reached by it (W49).
    """

    __tablename__ = "wss_dispatch"
    __table_args__ = (Index(None, "status", "last_claimed_at"), Index(None, "newsletter_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    request_key: Mapped[str] = mapped_column(String(64), unique=True)
    newsletter_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA_TOKEN}.wss_newsletter.id", ondelete="SET NULL")
    )
    follows_id: Mapped[int | None] = mapped_column(BigId)
    channel: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    layout_html: Mapped[str] = mapped_column(Text)
    layout_text: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(5))
    reply_to: Mapped[str | None] = mapped_column(String(254))
    preheader: Mapped[str] = mapped_column(String(255))
    sender_name: Mapped[str] = mapped_column(String(120))
    sender_address: Mapped[str] = mapped_column(String(254))
    everybody: Mapped[bool]
    control_address: Mapped[str | None] = mapped_column(String(254))
    status: Mapped[str] = mapped_column(String(10), default="scheduled")
    trouble: Mapped[str] = mapped_column(String(500), default="")
    failures: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    retry_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_claimed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_to: Mapped[int] = mapped_column(default=0)
    lease_id: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    created_by: Mapped[str] = mapped_column(String(254))
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    segments: Mapped[list[DispatchSegment]] = relationship(order_by="DispatchSegment.name", lazy="selectin")


class DispatchSegment(Base):
    """A chosen or excluded segment, by id while it exists and by name for good."""

    __tablename__ = "wss_dispatch_segment"

    dispatch_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA_TOKEN}.wss_dispatch.id"), primary_key=True)
    segment_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(120))
    excluded: Mapped[bool] = mapped_column(default=False)


class DispatchExclusion(Base):
    """How many people were left out for a reason who have no delivery row of their own."""

    __tablename__ = "wss_dispatch_exclusion"

    dispatch_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA_TOKEN}.wss_dispatch.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int]


class Delivery(Base):
    """One recipient of a dispatch; number 0 is the shop's control copy. Transitions: :mod:`.transitions`."""

    __tablename__ = "wss_delivery"
    __table_args__ = (
        # By address first: what was sent to a person is found by her addresses, and each sending, prepared in the
        # order of address_key, fills it from left to right.
        Index(
            "uq_wss_delivery_address",
            "address_key",
            "dispatch_id",
            unique=True,
            postgresql_where=text("status <> 'skipped'"),
            sqlite_where=text("status <> 'skipped'"),
        ),
        Index(
            "ix_wss_delivery_skipped_person",
            "person_ref",
            postgresql_where=text("status = 'skipped'"),
            sqlite_where=text("status = 'skipped'"),
        ),
        Index("ix_wss_delivery_status", "dispatch_id", "status", "number"),
        Index(
            "ix_wss_delivery_lease",
            "lease_until",
            postgresql_where=text("status IN ('claimed', 'sending')"),
            sqlite_where=text("status IN ('claimed', 'sending')"),
        ),
    )

    # No foreign key: it would ask for the one dispatch again with each of a million rows. Dispatches are never deleted.
    dispatch_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_kind: Mapped[str] = mapped_column(String(10))
    person_ref: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(String(32))
    domain: Mapped[str] = mapped_column(String(254))
    record_id: Mapped[int | None] = mapped_column(BigId)
    status: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(255), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease_id: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    message_id: Mapped[str | None] = mapped_column(String(254))
    provider_id: Mapped[str | None] = mapped_column(String(80))
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
