"""The list of segments: by name, searched, page by page (W1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from ..directory.partners import search_words
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
    :raises Refused: for more words than anybody types.
    """
    found = select(Segment)
    for word in search_words(words):
        pattern = names.name_key(word).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found = found.where(Segment.name_key.like(f"%{pattern}%", escape="\\"))
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    last = session.get(Segment, after) if after else None
    if last is not None:
        found = found.where(tuple_(Segment.sort_key, Segment.id) > (last.sort_key, last.id))
    rows = list(session.scalars(found.order_by(Segment.sort_key, Segment.id).limit(size + 1)))
    return Page(rows[:size], total, rows[size - 1].id if len(rows) > size else None)


def whole(session: Session, words: str = "", size: int = 100) -> Iterator[list[Segment]]:
    """Every segment that the search finds, in the same order, some at a time.

    :raises Refused: at once, for more words than anybody types.
    """
    search_words(words)
    return _whole(session, words, size)


def _whole(session: Session, words: str, size: int) -> Iterator[list[Segment]]:
    after: int | None = None
    while (found := page(session, words, after, size)).segments:
        yield found.segments
        if (after := found.next) is None:
            return
