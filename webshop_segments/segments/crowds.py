"""Many members at once: everybody a search finds joins, everybody a view shows leaves, a removal is undone (W6)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, select
from sqlalchemy.orm import Session

from ..access import Actor
from ..administration import audit
from ..administration.models import Audit
from ..directory import partners
from ..directory.models import Subscriber
from ..directory.partners import PARTNER, MemberKey, created_text
from ..directory.people import SUBSCRIBER
from ..errors import Refused
from ..i18n import _, ngettext
from ..refs import ref_of, text_of
from ..shop import Shop
from . import members, roll
from .models import Segment, SegmentMember
from .roll import View

MOST_NAMED = 1_000
"""A removal of so many members at most is kept member by member in the history, and can be undone."""


def missing(session: Session, shop: Shop, segment: Segment, words: str) -> int:
    """How many a search finds who are not in the segment yet."""
    theirs, ours = _missing(shop, segment, words)
    return sum(session.scalar(select(func.count()).select_from(found.subquery())) or 0 for found in (theirs, ours))


def add_found(session: Session, shop: Shop, segment: Segment, words: str, expected: int, by: Actor) -> int:
    """Add everybody a search finds (flushes).

    :param expected: the number the administrator agreed to.
    :raises Refused: (409) when it is another number by now; nobody is added.
    """
    members.hold(session, segment)
    theirs, ours = _missing(shop, segment, words)
    found = {
        MemberKey(kind, text_of(ref)): created_text(created_at)
        for kind, rows in ((PARTNER, theirs), (SUBSCRIBER, ours))
        for ref, created_at in session.execute(rows)
    }
    _expect(len(found), expected)
    members.insert(session, segment, found, by)
    if found:
        audit.record(session, by, "segment.members_added", "segment", segment.id, segment.name, count=len(found))
    return len(found)


def count(session: Session, shop: Shop, segment: Segment, view: View) -> int:
    """How many members a view shows."""
    found = roll.chosen(shop, segment, view).with_only_columns(SegmentMember.id).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def remove_all(session: Session, shop: Shop, segment: Segment, view: View, expected: int, by: Actor) -> int:
    """Take everybody out whom a view shows (flushes).

    :param expected: the number the administrator agreed to.
    :raises Refused: (409) when it is another number by now; nobody is removed.
    """
    members.hold(session, segment)
    _expect(count(session, shop, segment, view), expected)
    found = roll.chosen(shop, segment, view).with_only_columns(SegmentMember.id)
    gone = delete(SegmentMember).where(SegmentMember.id.in_(found)).execution_options(synchronize_session=False)
    if expected <= MOST_NAMED:
        return members.remove(session, segment, session.scalars(found).all(), by)
    session.execute(gone)
    audit.record(session, by, "segment.members_removed", "segment", segment.id, segment.name, count=expected)
    return expected


def put_back(session: Session, shop: Shop, segment: Segment, event_id: int, by: Actor) -> int:
    """Undo a removal by its event in the history (flushes); whoever has left the shop since stays away.

    :returns: how many came back.
    :raises Refused: (404) when the event is no removal from this segment.
    """
    event = removal(session, segment, event_id)
    if event is None:
        raise Refused(_("There is nothing to be undone here."), status=404)
    keys = [MemberKey(*name.split(":", 1)) for name in event.detail["members"]]
    there = partners.find(session, shop, keys)
    return members.add(session, shop, segment, [key for key in keys if key in there], by)


def removal(session: Session, segment: Segment, event_id: int | None) -> Audit | None:
    """The event of a removal from this segment that can be undone."""
    event = session.get(Audit, event_id) if event_id else None
    if event is None or (event.action, event.object_ref) != ("segment.members_removed", str(segment.id)):
        return None
    return event if "members" in event.detail else None


def last_removal(session: Session, segment: Segment, by: Actor) -> int | None:
    """The event of this administrator's newest removal from the segment."""
    return session.scalar(
        select(func.max(Audit.id)).where(
            Audit.object_kind == "segment",
            Audit.object_ref == str(segment.id),
            Audit.action == "segment.members_removed",
            Audit.actor_kind == by.kind,
            Audit.actor_ref == by.ref,
        )
    )


def _missing(shop: Shop, segment: Segment, words: str) -> tuple[Select[Any], Select[Any]]:
    """Refs and creation times of those found who are no members, partners and subscribers."""

    def inside(kind: str, ref: ColumnElement[str]) -> ColumnElement[bool]:
        return exists().where(
            SegmentMember.segment_id == segment.id, SegmentMember.kind == kind, SegmentMember.ref == ref
        )

    found = partners.matching_partners(shop, words).subquery("matching")
    theirs = select(found.c.partner_ref, found.c.created_at).where(~inside(PARTNER, ref_of(found.c.partner_ref)))
    ours = partners.matching_subscribers(words).where(~inside(SUBSCRIBER, ref_of(Subscriber.__table__.c.id)))
    return theirs, ours


def _expect(number: int, expected: int) -> None:
    if number != expected:
        raise Refused(
            ngettext(
                "Meanwhile it is %(num)s customer. Nothing was changed; look at the number and confirm again.",
                "Meanwhile they are %(num)s customers. Nothing was changed; look at the number and confirm again.",
                number,
            ),
            status=409,
        )
