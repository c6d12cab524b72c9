"""Segments are added, renamed and deleted here (W1 to W3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..access import Actor
from ..administration import audit
from ..db import savepoint
from ..errors import Refused
from ..i18n import _, ngettext
from ..shop import Shop
from . import members, names
from .models import Segment


def get(session: Session, segment_id: int) -> Segment:
    """:raises Refused: (404) when it is gone, for example deleted in another tab."""
    segment = session.get(Segment, segment_id)
    if segment is None:
        raise members.deleted()
    return segment


def add(session: Session, name: str, by: Actor) -> Segment:
    """:raises Refused: for a name that cannot be used or is taken."""
    cleaned = names.clean(name)
    segment = Segment(created_by=by.name)
    _save(session, segment, cleaned)
    audit.record(session, by, "segment.added", "segment", segment.id, cleaned)
    return segment


def rename(session: Session, segment: Segment, name: str, by: Actor) -> None:
    """Give another name; the members stay.

    :raises Refused: for a name that cannot be used or is taken.
    """
    cleaned, old = names.clean(name), segment.name
    if cleaned == old:
        return
    _save(session, segment, cleaned)
    audit.record(session, by, "segment.renamed", "segment", segment.id, cleaned, old=old)


def remove(session: Session, shop: Shop, segment: Segment, used_by: Sequence[str], by: Actor) -> None:
    """Delete an empty segment; members who are no longer in the shop do not keep it.

    :param used_by: names of unfinished dispatches that were sent to it.
    :raises Refused: (409) saying how many it still holds, or which dispatch still needs it.
    """
    if used_by:
        raise Refused(
            _("“%(name)s” cannot be deleted: “%(newsletter)s” is still being sent to it.", name=segment.name,
              newsletter=used_by[0]),
            status=409,
        )  # fmt: skip
    audit.record(session, by, "segment.deleted", "segment", segment.id, segment.name)
    try:
        with savepoint(session):
            # The gone go first: that takes SQLite's lock, so a member added beside us is counted, never deleted.
            members.remove_gone(session, shop, segment)
            counts = members.counts(session, shop, [segment.id])[segment.id]
            if counts.total:
                raise Refused(_still_holds(segment.name, counts.total), status=409)
            session.delete(segment)
    except IntegrityError:
        raise Refused(_still_holds(segment.name, 1), status=409) from None


def remove_empty(
    session: Session, shop: Shop, segments: Sequence[Segment], used_by: Mapping[int, Sequence[str]], by: Actor
) -> tuple[list[str], list[str]]:
    """Delete those that can be deleted, each as :func:`remove` does.

    :returns: the names of the deleted, and why the others stay.
    """
    deleted, refused = [], []
    for segment in segments:
        name = segment.name
        try:
            with savepoint(session):
                remove(session, shop, segment, used_by.get(segment.id, ()), by)
        except Refused as refusal:
            refused.append(str(refusal))
        else:
            deleted.append(name)
    return deleted, refused


def by_id(session: Session, ids: Sequence[int]) -> Sequence[Segment]:
    """The segments among these ids that still exist, by name."""
    return session.scalars(select(Segment).where(Segment.id.in_(ids)).order_by(Segment.sort_key, Segment.id)).all()


def _save(session: Session, segment: Segment, name: str) -> None:
    try:
        with savepoint(session):
            segment.name, segment.name_key, segment.sort_key = name, names.name_key(name), names.sort_key(name)
            session.add(segment)
    except IntegrityError:
        # Two administrators may choose one name at the same moment: the constraint decides.
        raise Refused(
            _("A segment named “%(name)s” already exists and cannot be created again. Choose another name.", name=name),
            field="name",
            status=409,
        ) from None


def _still_holds(name: str, count: int) -> str:
    return ngettext(
        "“%(name)s” cannot be deleted: it still holds %(num)s customer. Remove the customer first.",
        "“%(name)s” cannot be deleted: it still holds %(num)s customers. Remove them first.",
        count,
        name=name,
    )
