"""Which newsletters use a segment: those still being sent, and the last ones (W1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from .models import Dispatch, DispatchSegment
from .transitions import UNFINISHED

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Use:
    """A newsletter's newest sending with a segment, an unfinished one before all; ``excluded``: it leaves it out."""

    dispatch_id: int
    name: str
    status: str
    excluded: bool

    @property
    def unfinished(self) -> bool:
        return self.status in UNFINISHED


@dataclass(frozen=True, slots=True)
class Uses:
    """The first few newsletters, and how many there are."""

    named: list[Use]
    total: int


def of_segments(session: Session, segment_ids: Collection[int]) -> dict[int, Uses]:
    """Per segment the newsletters that use it, the unfinished first, then the newest; one statement."""
    unfinished = case((Dispatch.status.in_(UNFINISHED), 0), else_=1)
    newsletter = func.coalesce(Dispatch.newsletter_id, -Dispatch.id)
    each = (
        select(
            DispatchSegment.segment_id,
            DispatchSegment.excluded,
            Dispatch.id,
            Dispatch.name,
            Dispatch.status,
            unfinished.label("rank"),
            func.row_number()
            .over(partition_by=(DispatchSegment.segment_id, newsletter), order_by=(unfinished, Dispatch.id.desc()))
            .label("sending"),
        )
        .join(Dispatch, Dispatch.id == DispatchSegment.dispatch_id)
        .where(DispatchSegment.segment_id.in_(segment_ids))
        .subquery("each")
    )
    order = func.row_number().over(partition_by=each.c.segment_id, order_by=(each.c.rank, each.c.id.desc()))
    total = func.count().over(partition_by=each.c.segment_id)
    ordered = select(each, order.label("place"), total.label("total")).where(each.c.sending == 1).subquery("ordered")
    found: dict[int, Uses] = {}
    rows = session.execute(select(ordered).where(ordered.c.place <= MOST_NAMED).order_by(ordered.c.place))
    for row in rows:
        uses = found.setdefault(row.segment_id, Uses([], row.total))
        uses.named.append(Use(row.id, row.name, row.status, row.excluded))
    return found


def unfinished_of_segments(session: Session, segment_ids: Collection[int]) -> dict[int, list[str]]:
    """Per segment the names of the sendings that still need it (W3)."""
    rows = session.execute(
        select(DispatchSegment.segment_id, Dispatch.name)
        .join(Dispatch, Dispatch.id == DispatchSegment.dispatch_id)
        .where(DispatchSegment.segment_id.in_(segment_ids), Dispatch.status.in_(UNFINISHED))
        .order_by(Dispatch.id)
    )
    found: dict[int, list[str]] = {}
    for segment_id, name in rows:
        found.setdefault(segment_id, []).append(name)
    return found
