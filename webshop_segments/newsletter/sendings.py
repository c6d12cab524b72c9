"""All sendings of a newsletter, newest first, with how far those under way have come (W49)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from .models import Delivery, Dispatch, Newsletter
from .transitions import UNFINISHED


@dataclass(frozen=True, slots=True)
class Sending:
    """A dispatch; ``reached`` of ``last`` numbers were served, roughly: they leave in this order."""

    dispatch: Dispatch
    reached: int
    last: int

    @property
    def under_way(self) -> bool:
        return self.dispatch.status in UNFINISHED


def of_newsletter(session: Session, newsletter_id: int) -> Sequence[Sending]:
    """Two statements, whatever the number of sendings and recipients."""

    def last(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
        highest = func.coalesce(func.max(Delivery.number), 0)
        return select(highest).where(Delivery.dispatch_id == Dispatch.id, *conditions).scalar_subquery()

    rows = session.execute(
        select(Dispatch, last(Delivery.status == "sent"), last(Delivery.status == "delivered"), last())
        .where(Dispatch.newsletter_id == newsletter_id)
        .order_by(Dispatch.id.desc())
    )
    return [Sending(dispatch, max(sent, delivered), total) for dispatch, sent, delivered, total in rows]


def added_to(session: Session, dispatch: Dispatch) -> Sequence[Dispatch]:
    """The sendings that add to one, oldest first."""
    return session.scalars(select(Dispatch).where(Dispatch.follows_id == dispatch.id).order_by(Dispatch.id)).all()


def newsletter_id(session: Session, dispatch: Dispatch) -> int | None:
    """The id of what was sent, None when it was deleted since; SQLite leaves a deleted one's id where it was."""
    return session.scalar(select(Newsletter.id).where(Newsletter.id == dispatch.newsletter_id))
