"""What a person got lately: found by her addresses, along the index that keeps one message per address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..directory.people import PersonKey
from .models import Delivery, Dispatch


@dataclass(frozen=True, slots=True)
class Received:
    """One message of a sending to one person."""

    dispatch_id: int
    name: str
    channel: str
    status: str
    at: datetime


def lately(session: Session, person: PersonKey, address_keys: Collection[str], most: int = 10) -> Sequence[Received]:
    """The newest messages to a person at these addresses; control copies and those left out are none."""
    if not address_keys:
        return []
    rows = session.execute(
        select(Dispatch.id, Dispatch.name, Dispatch.channel, Delivery.status, Delivery.settled_at, Dispatch.created_at)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(
            Delivery.address_key.in_(address_keys),
            Delivery.status != "skipped",
            Delivery.number > 0,
            Delivery.person_kind == person.kind,
            Delivery.person_ref == person.ref,
        )
        .order_by(Delivery.dispatch_id.desc())
        .limit(most)
    )
    return [
        Received(dispatch_id, name, channel, status, settled_at or created_at)
        for dispatch_id, name, channel, status, settled_at, created_at in rows
    ]
