"""Tables of administrators and of the history of events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..access import Actor
from ..db import Base, BigId, UTCDateTime


class Administrator(Base):
    """Somebody who works in the panel.

    ``stamp`` is part of the session: a new one (block, password) ends all sessions at their next request.
    """

    __tablename__ = "wss_administrator"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    group_name: Mapped[str] = mapped_column(String(120), default="")
    password_hash: Mapped[str | None] = mapped_column(String(255))
    flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_main: Mapped[bool] = mapped_column(default=False)
    stamp: Mapped[str] = mapped_column(String(32))
    blocked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failed_logins: Mapped[int] = mapped_column(default=0)
    next_login_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    created_by: Mapped[str] = mapped_column(String(80))

    @property
    def actor(self) -> Actor:
        return Actor("administrator", str(self.id), self.name)


class ViewChoice(Base):
    """The columns an administrator wants to see in a list; without a row it is the default (W5)."""

    __tablename__ = "wss_view_choice"

    actor: Mapped[str] = mapped_column(String(101), primary_key=True)
    view: Mapped[str] = mapped_column(String(40), primary_key=True)
    columns: Mapped[list[str]] = mapped_column(JSON)


class Audit(Base):
    """One thing somebody did: who, what, when, from which address."""

    __tablename__ = "wss_audit"
    __table_args__ = (Index(None, "at", "id"), Index(None, "object_kind", "object_ref"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_ref: Mapped[str] = mapped_column(String(80))
    actor_name: Mapped[str] = mapped_column(String(254))
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(30))
    object_ref: Mapped[str] = mapped_column(String(80))
    object_name: Mapped[str] = mapped_column(String(254), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    ip: Mapped[str | None] = mapped_column(String(45))
