"""The table in which all workers together count what has left."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ...db import Base


class LimitWindow(Base):
    """What one rule has counted for a channel and a recipient domain; an empty domain is the whole channel.

    Times are milliseconds since 1970 on the database's clock. ``granted`` is what the last UPDATE gave, because
    RETURNING does not tell the difference to the row before.
    """

    __tablename__ = "wss_limit_window"
    __table_args__ = (Index(None, "channel", "held_until"),)

    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    domain: Mapped[str] = mapped_column(String(254), primary_key=True)
    rule: Mapped[str] = mapped_column(String(10), primary_key=True)
    since: Mapped[int] = mapped_column(BigInteger, default=0)
    """When the first window began: the days of a warm-up are counted from it."""
    started: Mapped[int] = mapped_column(BigInteger, default=0)
    ends: Mapped[int] = mapped_column(BigInteger, default=0)
    used: Mapped[int] = mapped_column(BigInteger, default=0)
    granted: Mapped[int] = mapped_column(BigInteger, default=0)
    held_until: Mapped[int] = mapped_column(BigInteger, default=0)
    """When to ask again, where nothing was left or a server wants rest."""
