"""The list of newsletters: a tab per channel, last written first, searched, page by page (W40)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from .models import Dispatch, Newsletter
from .newsletters import last_sent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"(\d{1,17})-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """Some newsletters, each one's newest sending, how many there are in all, and the place to go on from."""

    newsletters: Sequence[Newsletter]
    sent: dict[int, Dispatch]
    total: int
    next: str | None


def page(session: Session, channel: str, words: str = "", after: str | None = None, size: int = 50) -> Page:
    """One page of a tab.

    :param after: the place the page before ended at; one that cannot be read starts at the top.
    """
    found = _found(channel, words)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    rows = _below(session, found, after, size + 1)
    following = _place(rows[size - 1]) if len(rows) > size else None
    shown = rows[:size]
    return Page(shown, last_sent(session, [row.id for row in shown]), total, following)


def every(session: Session, channel: str, words: str = "") -> Iterator[tuple[Newsletter, Dispatch | None]]:
    """All of a tab with their newest sendings, read bit by bit."""
    after: str | None = None
    while rows := _below(session, _found(channel, words), after, 500):
        yield from with_last(session, rows)
        after = _place(rows[-1])


def with_last(session: Session, rows: Sequence[Newsletter]) -> list[tuple[Newsletter, Dispatch | None]]:
    """Newsletters with their newest sendings."""
    sent = last_sent(session, [row.id for row in rows])
    return [(row, sent.get(row.id)) for row in rows]


def _found(channel: str, words: str) -> Select[Any]:
    found = select(Newsletter).where(Newsletter.channel == channel)
    # No text of PostgreSQL holds NUL, not even one that is only looked for.
    for word in words.replace("\0", " ").split():
        # SQLite knows upper and lower case of ASCII letters only.
        spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
        patterns = [re.sub(r"([\\%_])", r"\\\1", spelling) for spelling in sorted(spellings)]
        columns = (Newsletter.name, Newsletter.subject)
        held = (column.ilike(f"%{pattern}%", escape="\\") for column in columns for pattern in patterns)
        found = found.where(or_(*held))
    return found


def _below(session: Session, found: Select[Any], after: str | None, size: int) -> Sequence[Newsletter]:
    if place := _PLACE.fullmatch(after or ""):
        moment = _EPOCH + timedelta(microseconds=int(place[1]))
        found = found.where(tuple_(Newsletter.modified_at, Newsletter.id) < (moment, int(place[2])))
    return session.scalars(found.order_by(Newsletter.modified_at.desc(), Newsletter.id.desc()).limit(size)).all()


def _place(row: Newsletter) -> str:
    return f"{(row.modified_at - _EPOCH) // timedelta(microseconds=1)}-{row.id}"
