"""Deliveries move here, along the transition table: claimed, marked, settled, given back.

Each statement names the states it moves from, and where a worker holds the row, its lease. Leases run on the
database's clock, so that several machines agree on when one has ended.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, String, and_, case, exists, literal, or_, select, text, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import InstrumentedAttribute, Session

from .. import clock
from ..consent import state
from ..consent.models import ConsentState, Suppression
from ..db import UTCDateTime, database_now
from .models import Delivery, Dispatch
from .transitions import DELIVERY, UNDER_WAY, before

CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in a worker's hands."""

    number: int
    person_kind: str
    person_ref: str
    address: str
    address_key: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery under way."""

    status: str
    reason: str = ""
    provider_id: str | None = None
    not_before: datetime | None = None


def claim(session: Session, dispatch_id: int, size: int, lease_seconds: float) -> tuple[str, list[Claimed]]:
    """Take up to ``size`` waiting deliveries under a new lease."""
    lease_id = secrets.token_hex(16)
    # A CTE: PostgreSQL may run a plain subquery again for each row and so take more than the limit.
    waiting = (
        select(Delivery.number)
        .where(
            Delivery.dispatch_id == dispatch_id,
            Delivery.status == "queued",
            or_(Delivery.not_before.is_(None), Delivery.not_before <= database_now()),
        )
        .order_by(Delivery.number)
        .limit(size)
        .with_for_update(skip_locked=True)
        .cte("waiting")
    )
    rows = session.execute(
        update(Delivery)
        .where(Delivery.dispatch_id == dispatch_id, Delivery.number.in_(select(waiting.c.number)))
        .values(status="claimed", lease_id=lease_id, lease_until=database_now(lease_seconds))
        .returning(
            Delivery.number,
            Delivery.person_kind,
            Delivery.person_ref,
            Delivery.address,
            Delivery.address_key,
            Delivery.attempts,
        )
        .execution_options(synchronize_session=False)
    )
    return lease_id, sorted((Claimed(*row) for row in rows), key=lambda row: row.number)


def renew(session: Session, dispatch_id: int, lease_id: str, lease_seconds: float) -> bool:
    """Hold on to what is claimed and not begun; False when the lease ran out, and with it the claim."""
    result = session.execute(
        update(Delivery)
        .where(*_held(dispatch_id, lease_id, "claimed"), Delivery.lease_until > database_now())
        .values(lease_until=database_now(lease_seconds))
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], result).rowcount > 0


def mark(
    session: Session, dispatch: Dispatch, lease_id: str, numbers: Collection[int], message_ids: tuple[str, str],
    lease_seconds: float,
) -> set[int]:  # fmt: skip
    """Set a window to ``sending``, testing lease and consent once more (C41); durable before anything leaves.

    :param message_ids: what stands before and after the number in a Message-ID.
    :returns: the numbers that may be sent now.
    """
    if session.get_bind().dialect.name == "postgresql":
        # A host may run with synchronous_commit=off; a mark that a crash forgets would be mailed twice.
        session.execute(text("SET LOCAL synchronous_commit = on"))
    stands = exists().where(
        ConsentState.record_id == Delivery.record_id,
        ConsentState.person_kind == Delivery.person_kind,
        ConsentState.person_ref == Delivery.person_ref,
        ConsentState.channel == dispatch.channel,
        state.counts(),
    )
    suppressed = exists().where(
        Suppression.channel == dispatch.channel, Suppression.address_key == Delivery.address_key
    )
    rows = session.scalars(
        update(Delivery)
        .where(
            *_held(dispatch.id, lease_id, "claimed"),
            Delivery.number.in_(numbers),
            Delivery.lease_until > database_now(),
            or_(Delivery.person_kind == CONTROL, and_(stands, ~suppressed)),
        )
        .values(
            status="sending",
            lease_until=database_now(lease_seconds),
            message_id=literal(message_ids[0]) + sql_cast(Delivery.number, String) + literal(message_ids[1]),
        )
        .returning(Delivery.number)
        .execution_options(synchronize_session=False)
    )
    return set(rows)


def skip(session: Session, dispatch_id: int, lease_id: str, reasons: Mapping[int, str]) -> None:
    """Leave out claimed deliveries whose consent, address or account changed since."""
    if not reasons:
        return
    session.execute(
        update(Delivery)
        .where(*_held(dispatch_id, lease_id, "claimed"), Delivery.number.in_(list(reasons)))
        .values(
            status="skipped",
            reason=case(dict(reasons), value=Delivery.number),
            lease_id=None,
            lease_until=None,
            settled_at=clock.now(),
        )
        .execution_options(synchronize_session=False)
    )


def settle(session: Session, dispatch_id: int, lease_id: str, outcomes: Mapping[int, Settled]) -> int:
    """Write all outcomes of a window in one statement that tests the lease; returns how many it still held.

    A late answer under the same lease may still settle what became unknown meanwhile.
    """
    if not outcomes:
        return 0

    def of(column: InstrumentedAttribute[Any]) -> Any:
        values = {number: literal(getattr(settled, column.key), column.type) for number, settled in outcomes.items()}
        return case(values, value=Delivery.number)

    retried = [number for number, settled in outcomes.items() if settled.status == "queued"]
    final = Delivery.number.not_in(retried) if retried else literal(True)
    result = session.execute(
        update(Delivery)
        .where(
            Delivery.dispatch_id == dispatch_id,
            Delivery.lease_id == lease_id,
            Delivery.status.in_(["sending", "unknown"]),
            Delivery.number.in_(list(outcomes)),
        )
        .values(
            status=of(Delivery.status),
            reason=of(Delivery.reason),
            provider_id=of(Delivery.provider_id),
            not_before=of(Delivery.not_before),
            attempts=Delivery.attempts + 1,
            lease_until=None,
            settled_at=case((final, literal(clock.now(), UTCDateTime())), else_=None),
        )
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], result).rowcount


def give_back(session: Session, dispatch_id: int, lease_id: str) -> None:
    """Return what was claimed and not begun to the queue."""
    session.execute(
        update(Delivery)
        .where(*_held(dispatch_id, lease_id, "claimed"))
        .values(status="queued", lease_id=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def recover(session: Session) -> int:
    """End leases that ran out: what was only claimed waits again, what was being sent becomes unknown."""
    ended = Delivery.lease_until < database_now()
    back = update(Delivery).where(Delivery.status == "claimed", ended).values(status="queued", lease_id=None)
    lost = (
        update(Delivery)
        .where(Delivery.status == "sending", ended)
        .values(status="unknown", reason="worker_lost", settled_at=clock.now())
    )
    changed = 0
    for statement in (back, lost):
        result = session.execute(statement.values(lease_until=None).execution_options(synchronize_session=False))
        changed += cast(CursorResult[Any], result).rowcount
    return changed


def decide(session: Session, dispatch_id: int, numbers: Sequence[int], status: str) -> int:
    """An administrator's word on unknown outcomes: sent, failed, or queued to be sent again."""
    if "unknown" not in before(status, DELIVERY):
        raise ValueError(f"an unknown outcome cannot become {status}")
    result = session.execute(
        update(Delivery)
        .where(Delivery.dispatch_id == dispatch_id, Delivery.number.in_(numbers), Delivery.status == "unknown")
        .values(status=status, lease_id=None, reason="")
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], result).rowcount


def none_left(dispatch_id: int) -> Any:
    """The condition under which a dispatch is finished."""
    return ~exists().where(Delivery.dispatch_id == dispatch_id, Delivery.status.in_(UNDER_WAY))


def _held(dispatch_id: int, lease_id: str, status: str) -> tuple[Any, ...]:
    return (
        Delivery.dispatch_id == dispatch_id,
        Delivery.lease_id == lease_id,
        Delivery.status == status,
    )
