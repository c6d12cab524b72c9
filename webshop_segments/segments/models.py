"""Tables of segments and their members."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..db import SCHEMA_TOKEN, Base, BigId, UTCDateTime

NAME_LENGTH = 120


class Segment(Base):
    """A named set of partners and subscribers. ``sort_key`` is the name under the root Unicode collation.

    SQLite would give a deleted segment's id to the next one, and a page still open on the old would act on it.
    """

    __tablename__ = "wss_segment"
    __table_args__ = (Index(None, "sort_key", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_key: Mapped[str] = mapped_column(String(400), unique=True)
    sort_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    created_by: Mapped[str] = mapped_column(String(254))


class SegmentMember(Base):
    """A partner or subscriber in a segment.

    ``ref_created_at`` is the host's creation time of the partner as text: a re-used key with another one is
    not the old person. ``gone_at`` is set once the member is no longer in the shop.
    """

    __tablename__ = "wss_segment_member"
    __table_args__ = (
        UniqueConstraint("segment_id", "kind", "ref"),
        Index(None, "kind", "ref"),
        Index(None, "segment_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    segment_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA_TOKEN}.wss_segment.id", ondelete="RESTRICT"))
    kind: Mapped[str] = mapped_column(String(10))
    ref: Mapped[str] = mapped_column(String(80))
    ref_created_at: Mapped[str | None] = mapped_column(String(40))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    added_by: Mapped[str] = mapped_column(String(254))
    gone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
