"""Who belongs to a segment: counted, listed page by page, added and removed (W5, W6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, delete, func, select, update
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..administration import audit
from ..db import insert_new
from ..directory import partners
from ..directory.partners import PARTNER, MemberKey
from ..directory.people import SUBSCRIBER
from ..errors import Refused
from ..i18n import _
from ..shop import Shop
from .models import Segment, SegmentMember


@dataclass(frozen=True, slots=True)
class Counts:
    """Members still in the shop, and the gone."""

    partners: int = 0
    subscribers: int = 0
    gone: int = 0

    @property
    def total(self) -> int:
        return self.partners + self.subscribers


def counts(session: Session, shop: Shop, segment_ids: Collection[int]) -> dict[int, Counts]:
    """Per segment how many members it has; one statement whatever their number."""
    there = _there(shop)
    rows = session.execute(
        select(
            SegmentMember.segment_id,
            func.sum(case((there & (SegmentMember.kind == PARTNER), 1), else_=0)),
            func.sum(case((there & (SegmentMember.kind == SUBSCRIBER), 1), else_=0)),
            func.sum(case((there, 0), else_=1)),
        )
        .where(SegmentMember.segment_id.in_(segment_ids))
        .group_by(SegmentMember.segment_id)
    )
    found = {segment_id: Counts(int(ours), int(theirs), int(gone)) for segment_id, ours, theirs, gone in rows}
    return {segment_id: found.get(segment_id, Counts()) for segment_id in segment_ids}


def page(
    session: Session, shop: Shop, segment: Segment, after: int, size: int
) -> tuple[list[tuple[SegmentMember, partners.Member | None]], int | None]:
    """Members in the order they were added, with the shop's data; None beside whoever is no longer in the shop.

    :param after: id of the last member of the page before, 0 for the first page.
    :returns: the page, and what to continue after, None on the last one.
    """
    rows = session.scalars(
        select(SegmentMember)
        .where(SegmentMember.segment_id == segment.id, SegmentMember.id > after)
        .order_by(SegmentMember.id)
        .limit(size + 1)
    ).all()
    shown = rows[:size]
    found = partners.find(session, shop, [MemberKey(row.kind, row.ref) for row in shown])
    members = [(row, _same(row, found.get(MemberKey(row.kind, row.ref)))) for row in shown]
    return members, shown[-1].id if len(rows) > size else None


def present(session: Session, segment: Segment, keys: Collection[MemberKey]) -> set[MemberKey]:
    """Which of these are members already."""
    rows = session.execute(
        select(SegmentMember.kind, SegmentMember.ref).where(
            SegmentMember.segment_id == segment.id, SegmentMember.ref.in_({key.ref for key in keys})
        )
    )
    return {MemberKey(kind, ref) for kind, ref in rows} & set(keys)


def add(session: Session, shop: Shop, segment: Segment, keys: Collection[MemberKey], by: Actor) -> int:
    """Add partners and subscribers (flushes); who is there already is no error.

    :returns: how many are new.
    :raises Refused: when one of them is not in the shop, or the segment is deleted; nobody is added.
    """
    _hold(session, segment)
    found = partners.find(session, shop, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        raise Refused(_("One of the chosen customers is no longer in the shop. Search again."), status=409)
    already = present(session, segment, keys)
    new = [found[key] for key in dict.fromkeys(keys) if key not in already]
    insert_new(
        session,
        SegmentMember,
        [
            {
                "segment_id": segment.id,
                "kind": member.key.kind,
                "ref": member.key.ref,
                "ref_created_at": member.created_at,
                "added_at": clock.now(),
                "added_by": by.name,
                "gone_at": None,
            }
            for member in new
        ],
    )
    if new:
        members = [f"{member.key.kind}:{member.key.ref}" for member in new]
        audit.record(session, by, "segment.members_added", "segment", segment.id, segment.name, members=members)
    return len(new)


def remove(session: Session, segment: Segment, member_ids: Collection[int], by: Actor) -> int:
    """Take members out (flushes); returns how many were in."""
    chosen = (SegmentMember.segment_id == segment.id, SegmentMember.id.in_(member_ids))
    rows = session.execute(select(SegmentMember.kind, SegmentMember.ref).where(*chosen)).all()
    session.execute(delete(SegmentMember).where(*chosen))
    if rows:
        members = [f"{kind}:{ref}" for kind, ref in rows]
        audit.record(session, by, "segment.members_removed", "segment", segment.id, segment.name, members=members)
    return len(rows)


def remove_gone(session: Session, shop: Shop, segment: Segment) -> None:
    """Forget the members who are no longer in the shop (flushes)."""
    gone = delete(SegmentMember).where(SegmentMember.segment_id == segment.id, ~_there(shop))
    session.execute(gone.execution_options(synchronize_session=False))


def of_member(session: Session, key: MemberKey) -> Sequence[Segment]:
    """The segments a partner or subscriber is in, by name."""
    return session.scalars(
        select(Segment)
        .join(SegmentMember, SegmentMember.segment_id == Segment.id)
        .where(SegmentMember.kind == key.kind, SegmentMember.ref == key.ref)
        .order_by(Segment.sort_key)
    ).all()


def deleted() -> Refused:
    """What is said of a segment that is gone."""
    return Refused(_("This segment no longer exists. Somebody has deleted it."), status=404)


def _hold(session: Session, segment: Segment) -> None:
    """Take the segment's row, so that nobody deletes it until we have committed."""
    held = update(Segment).where(Segment.id == segment.id).values(name=Segment.name).returning(Segment.id)
    if session.scalar(held.execution_options(synchronize_session=False)) is None:
        raise deleted()


def _there(shop: Shop) -> ColumnElement[bool]:
    return partners.in_shop(shop, SegmentMember.kind, SegmentMember.ref) & SegmentMember.gone_at.is_(None)


def _same(row: SegmentMember, member: partners.Member | None) -> partners.Member | None:
    """A key the host has given to somebody else is not the old member."""
    if member is None or row.gone_at is not None:
        return None
    return member if member.created_at == row.ref_created_at else None
