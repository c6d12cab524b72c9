"""Addresses that get nothing on a channel (C47 to C49): added by a withdrawal, lifted only as the rules allow."""

from __future__ import annotations

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from .. import clock
from ..db import insert_new
from .models import Suppression

WITHDRAWN = "withdrawn"
OBJECTED = "objected"
COMPLAINT = "complaint"
BOUNCED = "bounced"

_BY_STRENGTH = (WITHDRAWN, OBJECTED, COMPLAINT, BOUNCED)
LIFTED_BY_GRANT = (WITHDRAWN, OBJECTED)
_LIFTED_BY_CONFIRMATION = (WITHDRAWN, OBJECTED, COMPLAINT)


def suppress(session: Session, channel: str, address_key: str, reason: str) -> None:
    """Block an address on a channel; of two reasons the one that is harder to lift stays (flushes)."""
    insert_new(
        session,
        Suppression,
        [{"channel": channel, "address_key": address_key, "reason": reason, "since": clock.now()}],
    )
    weaker = _BY_STRENGTH[: _BY_STRENGTH.index(reason)]
    session.execute(
        update(Suppression)
        .where(
            Suppression.channel == channel,
            Suppression.address_key == address_key,
            Suppression.reason.in_(weaker),
        )
        .values(reason=reason)
    )


def reason_of(session: Session, channel: str, address_key: str) -> str | None:
    row = session.get(Suppression, (channel, address_key), populate_existing=True)
    return row.reason if row is not None else None


def lift(session: Session, channel: str, address_key: str, *, confirmed: bool) -> None:
    """Unblock for the person's own new consent (flushes): a complaint only after double opt-in, a bounce never.

    :param confirmed: the address has just proved itself by its link or code.
    """
    reasons = _LIFTED_BY_CONFIRMATION if confirmed else LIFTED_BY_GRANT
    session.execute(
        delete(Suppression).where(
            Suppression.channel == channel,
            Suppression.address_key == address_key,
            Suppression.reason.in_(reasons),
        )
    )
