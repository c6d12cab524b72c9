"""Table of what providers reported after a message was sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from ... import clock
from ...db import SCHEMA_TOKEN, Base, BigId, UTCDateTime


class ProviderEvent(Base):
    """One report about one delivery; ``event_id`` is the provider's own, so that a repeated one changes nothing."""

    __tablename__ = "wss_provider_event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["dispatch_id", "number"],
            [f"{SCHEMA_TOKEN}.wss_delivery.dispatch_id", f"{SCHEMA_TOKEN}.wss_delivery.number"],
        ),
    )

    provider: Mapped[str] = mapped_column(String(10), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
