"""Who belongs to a segment: counted, added and removed (W5, W6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..administration import audit
from ..db import insert_new
from ..directory import partners
from ..directory.partners import MemberKey
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
    theirs, ours = partners.joined(shop, SegmentMember.kind, SegmentMember.ref)
    staying, number = SegmentMember.gone_at.is_(None), func.count()
    rows = session.execute(
        select(
            SegmentMember.segment_id,
            number.filter(staying, theirs.key.is_not(None)),
            number.filter(staying, ours.key.is_not(None)),
            number,
        )
        .outerjoin(theirs.table, theirs.condition)
        .outerjoin(ours.table, ours.condition)
        .where(SegmentMember.segment_id.in_(segment_ids))
        .group_by(SegmentMember.segment_id)
    )
    found = {row[0]: Counts(row[1], row[2], row[3] - row[1] - row[2]) for row in rows}
    return {segment_id: found.get(segment_id, Counts()) for segment_id in segment_ids}


def stored(session: Session, segment_ids: Collection[int], most: int) -> int:
    """How many members the segments have together, the gone included; stops counting after ``most``."""
    rows = select(SegmentMember.id).where(SegmentMember.segment_id.in_(segment_ids)).limit(most)
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


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
    hold(session, segment)
    found = partners.find(session, shop, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        raise Refused(_("One of the chosen customers is no longer in the shop. Search again."), status=409)
    already = present(session, segment, keys)
    new = {key: found[key].created_at for key in keys if key not in already}
    insert(session, segment, new, by)
    if new:
        refs = [f"{key.kind}:{key.ref}" for key in new]
        audit.record(session, by, "segment.members_added", "segment", segment.id, segment.name, members=refs)
    return len(new)


def insert(session: Session, segment: Segment, members: Mapping[MemberKey, str | None], by: Actor) -> None:
    """Write members who are in the shop, each with its creation time there; those who are in already stay."""
    common = {"segment_id": segment.id, "added_at": clock.now(), "added_by": by.name, "gone_at": None}
    insert_new(
        session,
        SegmentMember,
        [{"kind": key.kind, "ref": key.ref, "ref_created_at": at, **common} for key, at in members.items()],
    )


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


def hold(session: Session, segment: Segment) -> None:
    """Take the segment's row, so that nobody deletes it until we have committed."""
    held = update(Segment).where(Segment.id == segment.id).values(name=Segment.name).returning(Segment.id)
    if session.scalar(held.execution_options(synchronize_session=False)) is None:
        raise deleted()


def _there(shop: Shop) -> ColumnElement[bool]:
    return partners.in_shop(shop, SegmentMember.kind, SegmentMember.ref) & SegmentMember.gone_at.is_(None)
