"""The members of a segment as a list: searched, by kind, sorted, page by page, or all of them (W5, W7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from ..directory import partners
from ..directory.partners import PARTNER, Member, MemberKey
from ..shop import Shop
from .models import Segment, SegmentMember
from .names import sort_key

FEW = 5_000
"""As many rows may be sorted by a column that no index carries."""

SORTED_BY_INDEX = ("added_at", "kind")

Row = tuple[SegmentMember, Member | None]
"""A member as it is stored, and as the shop shows it now; None when it is no longer in the shop."""


@dataclass(frozen=True, slots=True)
class View:
    """What of a segment is looked at.

    :param words: each must be part of a name, an address or a city.
    :param kind: 'partner' or 'subscriber', empty for both.
    :param sort: 'added_at', 'kind' or, for at most :data:`FEW` rows, a text of the member.
    :param descending: the other way round.
    """

    words: str = ""
    kind: str = ""
    sort: str = "added_at"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some members, and the id of the last of them if more follow.

    :param view: what is shown; in the order they were added where there are too many for the column asked for.
    :param few: whether every column can be sorted.
    """

    rows: list[Row]
    next: int | None
    view: View
    few: bool


def page(session: Session, shop: Shop, segment: Segment, view: View, after: int | None, size: int = 50) -> Page:
    """Members in the order of the view.

    :param after: id of the last member of the page before; when it is gone meanwhile, the list starts again.
    :raises Refused: for more words than anybody types.
    """
    few = is_few(session, shop, segment, view)
    if few and view.sort not in SORTED_BY_INDEX:
        everyone = _sorted(session, shop, segment, view)
        start = next((place for place, (row, _member) in enumerate(everyone, 1) if row.id == after), 0)
        rows = everyone[start : start + size]
        return Page(rows, rows[-1][0].id if len(everyone) > start + size else None, view, few)
    if view.sort not in SORTED_BY_INDEX:
        view = replace(view, sort="added_at", descending=False)
    found = chosen(shop, segment, view)
    last = session.get(SegmentMember, after) if after else None
    order, position = _order(view, last)
    if position is not None:
        found = found.where(position)
    stored = session.scalars(found.order_by(*order).limit(size + 1)).all()
    following = stored[size - 1].id if len(stored) > size else None
    return Page(_with_shop(session, shop, stored[:size]), following, view, few)


def everyone(session: Session, shop: Shop, segment: Segment, view: View, size: int = 500) -> Iterator[list[Row]]:
    """All members of a view in its order, some at a time.

    :raises Refused: at once, for more words than anybody types.
    """
    if view.sort not in SORTED_BY_INDEX and is_few(session, shop, segment, view):
        rows = _sorted(session, shop, segment, view)
        return (rows[start : start + size] for start in range(0, len(rows), size))
    if view.sort not in SORTED_BY_INDEX:
        view = replace(view, sort="added_at", descending=False)
    return _by_index(session, shop, chosen(shop, segment, view), view, size)


def _by_index(session: Session, shop: Shop, found: Select[Any], view: View, size: int) -> Iterator[list[Row]]:
    last: SegmentMember | None = None
    while True:
        order, position = _order(view, last)
        further = found if position is None else found.where(position)
        stored = session.scalars(further.order_by(*order).limit(size)).all()
        yield _with_shop(session, shop, stored)
        if len(stored) < size:
            return
        last = stored[-1]


def is_few(session: Session, shop: Shop, segment: Segment, view: View) -> bool:
    """Whether a view has so few rows that every column can be sorted; counts no further."""
    rows = chosen(shop, segment, view).with_only_columns(SegmentMember.id).limit(FEW + 1).subquery()
    return (session.scalar(select(func.count()).select_from(rows)) or 0) <= FEW


def chosen(shop: Shop, segment: Segment, view: View) -> Select[Any]:
    """The members of a view, in no order."""
    found = select(SegmentMember).where(SegmentMember.segment_id == segment.id)
    if view.kind:
        found = found.where(SegmentMember.kind == view.kind)
    if view.words.strip():
        found = found.where(partners.holds(shop, SegmentMember.kind, SegmentMember.ref, view.words))
    return found


def _order(view: View, last: SegmentMember | None) -> tuple[list[Any], ColumnElement[bool] | None]:
    """The columns an index carries, and what comes after a member of the list."""
    by_kind = view.sort == "kind"
    columns = [SegmentMember.kind, SegmentMember.ref] if by_kind else [SegmentMember.id]
    order = [column.desc() for column in columns] if view.descending else columns
    if last is None:
        return order, None
    place = tuple_(*columns)
    values = (last.kind, last.ref) if by_kind else (last.id,)
    return order, place < values if view.descending else place > values


def _sorted(session: Session, shop: Shop, segment: Segment, view: View) -> list[Row]:
    """All members of a view by a text of theirs; those without it come last."""
    stored = session.scalars(chosen(shop, segment, view).order_by(SegmentMember.id)).all()
    rows = _with_shop(session, shop, stored)
    given: list[tuple[bytes, Row]] = []
    without: list[Row] = []
    for row in rows:
        if text := _text(row, view.sort):
            given.append((sort_key(text), row))
        else:
            without.append(row)
    given.sort(key=lambda pair: pair[0], reverse=view.descending)
    return [row for _key, row in given] + without


def _text(row: Row, name: str) -> str:
    """What a member is sorted by; a company's contacts by the first of them."""
    stored, member = row
    if name == "added_by":
        return stored.added_by
    if member is None:
        return ""
    contact = member.contacts[0] if member.contacts else member.columns
    match name:
        case "name":
            return member.name
        case "contact":
            return f"{contact.get('last_name') or ''} {contact.get('first_name') or ''}".strip()
        case "email" | "phone":
            return contact.get(name) or member.columns.get(name) or ""
        case "created_at":
            return member.created_at or "" if stored.kind == PARTNER else ""
        case "status":
            return f"{0 if member.is_active else 1}{member.columns.get('status') or ''}"
    return str(member.columns.get(name) or "")


def _with_shop(session: Session, shop: Shop, stored: Sequence[SegmentMember]) -> list[Row]:
    found = partners.find(session, shop, [MemberKey(row.kind, row.ref) for row in stored])
    return [(row, _same(row, found.get(MemberKey(row.kind, row.ref)))) for row in stored]


def _same(row: SegmentMember, member: Member | None) -> Member | None:
    """A key the host has given to somebody else is not the old member."""
    if member is None or row.gone_at is not None:
        return None
    return member if member.created_at == row.ref_created_at else None
