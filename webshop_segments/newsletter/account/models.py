"""The table of the mail account; it has at most one row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ... import clock
from ...db import Base, UTCDateTime


class MailAccount(Base):
    """Where mass mail goes and how fast; ``password`` is encrypted under WSS_KEYS (W50).

    :ivar security: ``starttls``, ``tls`` or ``none``.
    :ivar batch: after so many messages there is a pause of ``pause_seconds``.
    :ivar opens: to ``closes``, the sending hours as ``HH:MM`` in the shop's time zone.
    """

    __tablename__ = "wss_mail_account"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sender_name: Mapped[str] = mapped_column(String(120))
    sender_address: Mapped[str] = mapped_column(String(254))
    server: Mapped[str] = mapped_column(String(253))
    port: Mapped[int]
    security: Mapped[str] = mapped_column(String(10))
    username: Mapped[str] = mapped_column(String(254), default="")
    password: Mapped[str | None] = mapped_column(Text)
    per_hour: Mapped[int | None]
    batch: Mapped[int | None]
    pause_seconds: Mapped[int | None]
    opens: Mapped[str | None] = mapped_column(String(5))
    closes: Mapped[str | None] = mapped_column(String(5))
    edition: Mapped[int] = mapped_column(default=1)
    modified_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    modified_by: Mapped[str] = mapped_column(String(254))
