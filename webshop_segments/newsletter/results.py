"""What became of a dispatch: every chosen person accounted for, and each recipient's outcome (W49)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import clock
from .models import Delivery, Dispatch, DispatchExclusion
from .transitions import UNDER_WAY


@dataclass(frozen=True, slots=True)
class Results:
    """Counts without the control copy; ``left_out`` by reason, those without a record included."""

    by_status: dict[str, int]
    left_out: dict[str, int]
    control: str | None
    per_second: float

    @property
    def recipients(self) -> int:
        return sum(count for status, count in self.by_status.items() if status != "skipped")

    @property
    def waiting(self) -> int:
        return sum(self.by_status.get(status, 0) for status in UNDER_WAY)

    @property
    def done(self) -> int:
        return self.recipients - self.waiting

    @property
    def people(self) -> int:
        """Everybody chosen: recipients and left out."""
        return self.recipients + sum(self.left_out.values())

    @property
    def seconds_left(self) -> int | None:
        """At the rate so far; None before the first has left."""
        return round(self.waiting / self.per_second) if self.per_second and self.waiting else None


def of_dispatch(session: Session, dispatch: Dispatch) -> Results:
    """Grouped counts; the control copy, number 0, apart."""
    skipped = select(Delivery.reason, func.count()).where(
        Delivery.dispatch_id == dispatch.id, Delivery.status == "skipped", Delivery.number > 0
    )
    left_out = {row[0]: row[1] for row in session.execute(skipped.group_by(Delivery.reason))}
    for reason, count in session.execute(
        select(DispatchExclusion.reason, DispatchExclusion.count).where(DispatchExclusion.dispatch_id == dispatch.id)
    ):
        left_out[reason] = left_out.get(reason, 0) + count
    counted = select(Delivery.status, func.count()).where(Delivery.dispatch_id == dispatch.id, Delivery.number > 0)
    by_status = {row[0]: row[1] for row in session.execute(counted.group_by(Delivery.status))}
    control = session.scalar(select(Delivery.status).where(Delivery.dispatch_id == dispatch.id, Delivery.number == 0))
    return Results(by_status, left_out, control, _rate(dispatch, by_status))


def recipients(
    session: Session, dispatch: Dispatch, status: str | None, after: int, size: int = 50
) -> tuple[Sequence[Delivery], int | None]:
    """Deliveries by number, one status or all, and what to continue after."""
    found = select(Delivery).where(Delivery.dispatch_id == dispatch.id, Delivery.number > after)
    if status:
        found = found.where(Delivery.status == status)
    rows = session.scalars(found.order_by(Delivery.number).limit(size + 1)).all()
    return rows[:size], rows[size - 1].number if len(rows) > size else None


def _rate(dispatch: Dispatch, by_status: dict[str, int]) -> float:
    if dispatch.started_at is None:
        return 0.0
    end = dispatch.finished_at or clock.now()
    left = sum(count for status, count in by_status.items() if status not in (*UNDER_WAY, "skipped", "cancelled"))
    return left / max((end - dispatch.started_at).total_seconds(), 0.5)
