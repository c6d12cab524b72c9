"""Deliveries in a worker's hands: claimed, marked, skipped, given back, each move under its lease.

Leases run on the database's clock, so that several machines agree on when one has ended.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, Integer, String, Table, and_, bindparam, case, exists, or_, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from ... import clock
from ...consent import state
from ...consent.models import ConsentState, Suppression
from ...db import database_now, rows_given
from .. import deliveries
from ..deliveries import CONTROL, by_number
from ..models import Delivery, Dispatch


class Claimed(NamedTuple):
    """A delivery in a worker's hands."""

    number: int
    person_kind: str
    person_ref: str
    address: str
    address_key: str
    domain: str
    attempts: int


def claim(
    session: Session, dispatch_id: int, size: int, lease_seconds: float, held_domains: Collection[str] = ()
) -> tuple[str, list[Claimed]]:
    """Take up to ``size`` waiting deliveries under a new lease, none to a domain that is held.

    Each claim goes on behind the one before and starts over at the end: what has left, and whole domains that are held,
    are not passed again and again.
    """
    lease_id = secrets.token_hex(16)
    behind = session.scalar(select(Dispatch.claimed_to).where(Dispatch.id == dispatch_id)) or 0
    claimed = _claim(session, dispatch_id, lease_id, behind, size, lease_seconds, held_domains)
    if not claimed and behind:
        claimed = _claim(session, dispatch_id, lease_id, 0, size, lease_seconds, held_domains)
    served = update(Dispatch).where(Dispatch.id == dispatch_id)
    served = served.values(last_claimed_at=database_now(), claimed_to=claimed[-1].number if claimed else 0)
    session.execute(served.execution_options(synchronize_session=False))
    return lease_id, claimed


def _claim(
    session: Session,
    dispatch_id: int,
    lease_id: str,
    behind: int,
    size: int,
    lease_seconds: float,
    held_domains: Collection[str],
) -> list[Claimed]:
    waiting = session.execute(
        select(
            Delivery.number,
            Delivery.person_kind,
            Delivery.person_ref,
            Delivery.address,
            Delivery.address_key,
            Delivery.domain,
            Delivery.attempts,
        )
        .where(
            Delivery.dispatch_id == dispatch_id,
            Delivery.status == "queued",
            Delivery.number >= behind,
            or_(Delivery.not_before.is_(None), Delivery.not_before <= database_now()),
            *([Delivery.domain.not_in(sorted(held_domains))] if held_domains else []),
        )
        .order_by(Delivery.number)
        .limit(size)
        .with_for_update(skip_locked=True)
    )
    found = [Claimed._make(row) for row in waiting]
    # SQLite locks nothing for reading: another worker may have taken some of them meanwhile.
    taken = deliveries.change(
        session,
        dispatch_id,
        [row.number for row in found],
        ["queued"],
        {"status": "claimed", "lease_id": lease_id, "lease_until": database_now(lease_seconds)},
    )
    return found if len(taken) == len(found) else [row for row in found if row.number in taken]


def mark(
    session: Session, dispatch: Dispatch, lease_id: str, seen: Mapping[int, str | None], message_ids: tuple[str, str],
    lease_seconds: float,
) -> set[int]:  # fmt: skip
    """Set a window to ``sending``, testing lease, pause and consent once more (C41); committed before anything leaves.

    :param seen: number → the address as the shop has it now.
    :param message_ids: what stands before and after the number in a Message-ID.
    :returns: the numbers that may be sent now.
    """
    rows = [{"number": number, "seen": address} for number, address in seen.items()]
    values = {
        "dispatch": dispatch.id,
        "channel": dispatch.channel,
        "lease": lease_id,
        "lease_seconds": lease_seconds,
        "there": json.dumps(rows),
        "first": min(seen, default=0),
        "last": max(seen, default=0),
        "id_before": message_ids[0],
        "id_after": message_ids[1],
    }
    return set(session.scalars(_marking(session.get_bind().dialect.name), values))


@cache
def _marking(dialect: str) -> Any:
    table, dispatches = cast(Table, Delivery.__table__), cast(Table, Dispatch.__table__)
    states, suppressions = cast(Table, ConsentState.__table__), cast(Table, Suppression.__table__)
    there = rows_given(dialect, "there", {"number": Integer, "seen": String})
    stands = exists().where(
        states.c.record_id == table.c.record_id,
        states.c.person_kind == table.c.person_kind,
        states.c.person_ref == table.c.person_ref,
        states.c.channel == bindparam("channel"),
        states.c.address_seen == there.c.seen,
        state.counts(),
    )
    suppressed = exists().where(
        suppressions.c.channel == bindparam("channel"), suppressions.c.address_key == table.c.address_key
    )
    before, after = bindparam("id_before", type_=String), bindparam("id_after", type_=String)
    return (
        update(table)
        .where(
            table.c.dispatch_id == bindparam("dispatch"),
            *by_number(table, table.c.number == there.c.number, ["claimed"]),
            table.c.lease_id == bindparam("lease"),
            table.c.lease_until > database_now(),
            exists().where(dispatches.c.id == bindparam("dispatch"), dispatches.c.status == "sending"),
            or_(table.c.person_kind == CONTROL, and_(stands, ~suppressed)),
        )
        .values(
            status="sending",
            lease_until=database_now(bindparam("lease_seconds")),
            message_id=before + sql_cast(table.c.number, String) + after,
        )
        .returning(table.c.number)
    )


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


def unmark(session: Session, dispatch_id: int, lease_id: str, numbers: Collection[int]) -> None:
    """Return what was marked and not handed to the channel to the queue."""
    session.execute(
        update(Delivery)
        .where(*_held(dispatch_id, lease_id, "sending"), Delivery.number.in_(numbers))
        .values(status="queued", lease_id=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def give_back(session: Session, dispatch_id: int, lease_id: str, claimed: Sequence[Claimed]) -> None:
    """Return what was claimed and not begun to the queue."""
    session.execute(
        update(Delivery)
        .where(*_held(dispatch_id, lease_id, "claimed"), Delivery.number.between(claimed[0].number, claimed[-1].number))
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


def _held(dispatch_id: int, lease_id: str, status: str) -> tuple[Any, ...]:
    return (
        Delivery.dispatch_id == dispatch_id,
        Delivery.lease_id == lease_id,
        Delivery.status == status,
    )
