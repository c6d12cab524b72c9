"""Tables of an import that waits for somebody to accept its preview."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..db import SCHEMA_TOKEN, Base, BigId, UTCDateTime


class Import(Base):
    """A file somebody uploaded; nothing of it counts before it is accepted."""

    __tablename__ = "wss_import"
    # SQLite would give the number of a discarded import to the next one, and a page still open would accept that.
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    file_name: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    created_by: Mapped[str] = mapped_column(String(254))
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ImportRow(Base):
    """A line of the file, by its number there, with what would become of it and why."""

    __tablename__ = "wss_import_row"
    __table_args__ = (Index(None, "import_id", "verdict", "line"),)

    import_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA_TOKEN}.wss_import.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(255), default="")
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
