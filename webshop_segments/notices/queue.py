"""Put a system message into the queue; the worker sends it ahead of any dispatch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, case, func, select, update
from sqlalchemy.orm import Session

from .. import clock
from .models import Notice

PER_DAY = 3
"""Confirmations one address gets in 24 hours, whoever asks: anybody may type anybody's address (C12)."""


def queue(
    session: Session,
    kind: str,
    channel: str,
    address: str,
    address_key: str,
    *,
    text: str,
    subject: str = "",
    html: str | None = None,
) -> Notice:
    """Queue one message (flushes); it leaves after the caller's commit."""
    notice = Notice(
        kind=kind,
        channel=channel,
        address=address,
        address_key=address_key,
        subject=subject,
        text=text,
        html=html,
    )
    session.add(notice)
    session.flush()
    return notice


def had_enough(session: Session, kind: str, address_key: str) -> bool:
    """Whether an address already got its share of a kind of message today."""
    since = clock.now() - timedelta(days=1)
    count = session.scalar(
        select(func.count()).where(Notice.kind == kind, Notice.address_key == address_key, Notice.created_at > since)
    )
    return (count or 0) >= PER_DAY


def forget(session: Session, kind: str, address_keys: Select[Any]) -> None:
    """Take addresses out of a kind of message, sent or waiting (flushes); the messages stay counted."""
    unsent = Notice.status.in_(("queued", "sending"))
    session.execute(
        update(Notice)
        .where(Notice.kind == kind, Notice.address_key.in_(address_keys))
        .values(address="", text=None, html=None, status=case((unsent, "failed"), else_=Notice.status))
        .execution_options(synchronize_session="fetch")
    )
