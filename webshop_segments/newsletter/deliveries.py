"""What becomes of deliveries along the transition table: settled by a provider's answer, decided, cancelled."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Integer,
    String,
    Table,
    Update,
    bindparam,
    case,
    exists,
    select,
    update,
)
from sqlalchemy.orm import Session

from .. import clock
from ..db import UTCDateTime, database_now, one_of, rows_given
from .models import Delivery
from .transitions import DELIVERY, UNDER_WAY, before

CONTROL = "control"

CANCELLED_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery under way.

    :param wait: seconds until it may be tried again, where it is queued.
    """

    status: str
    reason: str = ""
    provider_id: str | None = None
    wait: int | None = None


def settle(session: Session, dispatch_id: int, lease_id: str, outcomes: Mapping[int, Settled]) -> int:
    """Write all outcomes of a window in one statement that tests the lease; returns how many it still held.

    A late answer under the same lease may still settle what became unknown meanwhile.
    """
    if not outcomes:
        return 0
    rows = [
        {"number": number, "status": one.status, "reason": one.reason, "provider_id": one.provider_id, "wait": one.wait}
        for number, one in outcomes.items()
    ]
    result = session.execute(
        _settling(session.get_bind().dialect.name),
        {
            "dispatch": dispatch_id,
            "lease": lease_id,
            "came": json.dumps(rows),
            "first": min(outcomes),
            "last": max(outcomes),
            "time": clock.now(),
        },
    )
    return cast(CursorResult[Any], result).rowcount


def by_number(table: Table, match: ColumnElement[bool], statuses: Collection[str]) -> list[ColumnElement[bool]]:
    """Rows by number and status, reached by the primary key; the statement is given the ``first`` and the ``last``.

    The index by status is full of entries of rows that have moved on since the last vacuum, and a database that has
    no statistics of the dispatch yet prefers it, or reads all its rows for each number. So the status is no plain
    column here, and the range of the numbers is named beside them.
    """
    range_ = table.c.number.between(bindparam("first"), bindparam("last"))
    return [match, range_, table.c.status.concat("").in_(statuses)]


def change(
    session: Session, dispatch_id: int, numbers: Sequence[int], sources: Collection[str], values: Mapping[str, Any]
) -> set[int]:
    """Give the rows with these numbers, in ascending order, new values; returns those that were in a source state."""
    if not numbers:
        return set()
    table = cast(Table, Delivery.__table__)
    statement = (
        update(table)
        .where(
            table.c.dispatch_id == dispatch_id,
            *by_number(table, one_of(session.get_bind().dialect.name, table.c.number, "numbers"), sources),
        )
        .values(**values)
        .returning(table.c.number)
    )
    given = {"numbers": list(numbers), "first": numbers[0], "last": numbers[-1]}
    return set(session.scalars(statement, given))


@cache
def _settling(dialect: str) -> Update:
    table = cast(Table, Delivery.__table__)
    came = rows_given(dialect, "came", _SETTLED)
    return (
        update(table)
        .where(
            table.c.dispatch_id == bindparam("dispatch"),
            *by_number(table, table.c.number == came.c.number, ("sending", "unknown")),
            table.c.lease_id == bindparam("lease"),
        )
        .values(
            status=came.c.status,
            reason=came.c.reason,
            provider_id=came.c.provider_id,
            not_before=case((came.c.wait.is_not(None), database_now(came.c.wait))),
            attempts=table.c.attempts + 1,
            lease_until=None,
            settled_at=case((came.c.wait.is_(None), bindparam("time", type_=UTCDateTime()))),
        )
    )


_SETTLED = {"number": Integer, "status": String, "reason": String, "provider_id": String, "wait": Integer}


def cancel(session: Session, dispatch_id: int) -> bool:
    """What has not begun never leaves; a slice of it, and whether that was all there was.

    It waits for no worker, which would wait for it in turn: rows in a worker's hands are cancelled when it lets go.
    """
    rows = session.scalars(
        select(Delivery.number)
        .where(Delivery.dispatch_id == dispatch_id, Delivery.status.in_(before("cancelled", DELIVERY)))
        .order_by(Delivery.number)
        .limit(CANCELLED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    values = {"status": "cancelled", "lease_id": None, "lease_until": None, "settled_at": clock.now()}
    change(session, dispatch_id, rows, before("cancelled", DELIVERY), values)
    return len(rows) < CANCELLED_AT_ONCE


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
