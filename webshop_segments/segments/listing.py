"""The list of segments: by name, searched, page by page (W1)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from . import names
from .models import Segment


@dataclass(frozen=True, slots=True)
class Page:
    """Some segments, how many there are in all, and the id of the last one if more follow."""

    segments: list[Segment]
    total: int
    next: int | None


def page(session: Session, words: str = "", after: int | None = None, size: int = 50) -> Page:
    """Segments alphabetically under the root Unicode collation.

    :param after: id of the last segment of the page before; when it is gone meanwhile, the list starts again.
    """
    found = select(Segment)
    for word in words.split():
        pattern = names.name_key(word).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found = found.where(Segment.name_key.like(f"%{pattern}%", escape="\\"))
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    last = session.get(Segment, after) if after else None
    if last is not None:
        found = found.where(tuple_(Segment.sort_key, Segment.id) > (last.sort_key, last.id))
    rows = list(session.scalars(found.order_by(Segment.sort_key, Segment.id).limit(size + 1)))
    return Page(rows[:size], total, rows[size - 1].id if len(rows) > size else None)
