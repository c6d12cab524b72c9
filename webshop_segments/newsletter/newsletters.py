"""Newsletters are written, changed, copied and deleted here (W40, W41)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..administration import audit
from ..administration.models import Audit
from ..errors import Refused
from ..i18n import _
from ..plugin import Plugin
from ..shop import Shop
from . import drafts
from .drafts import Draft as Draft
from .models import Dispatch, Newsletter
from .transitions import UNFINISHED

SENDING_CHANNELS = ("email", "sms", "whatsapp")
"""Channels newsletters go out on; ``phone`` is only a permission to call (W26)."""

NAME_LENGTH = 120
_SAME_POST = timedelta(seconds=30)


def channels(plugin: Plugin) -> list[str]:
    """The tabs of the list: e-mail and SMS, and WhatsApp where it is set up."""
    return [name for name in SENDING_CHANNELS if name != "whatsapp" or name in plugin.channels]


def get(session: Session, newsletter_id: int) -> Newsletter:
    """:raises Refused: (404) when it is gone."""
    newsletter = session.get(Newsletter, newsletter_id)
    if newsletter is None:
        raise gone()
    return newsletter


def gone() -> Refused:
    """What is said of a newsletter that is not there any more."""
    return Refused(_("This newsletter no longer exists. Somebody has deleted it."), status=404)


def by_id(session: Session, ids: Sequence[int]) -> list[Newsletter]:
    """Those of the newsletters that are there, in the order of the ids."""
    found = {row.id: row for row in session.scalars(select(Newsletter).where(Newsletter.id.in_(ids)))}
    return [found[number] for number in dict.fromkeys(ids) if number in found]


def last_sent(session: Session, ids: Sequence[int]) -> dict[int, Dispatch]:
    """Per newsletter its newest dispatch."""
    newest = select(func.max(Dispatch.id)).where(Dispatch.newsletter_id.in_(ids)).group_by(Dispatch.newsletter_id)
    rows = session.scalars(select(Dispatch).where(Dispatch.id.in_(newest)))
    return {row.newsletter_id: row for row in rows if row.newsletter_id is not None}


def last_writer(session: Session, newsletter: Newsletter) -> str:
    """Who saved it last, by the history."""
    saved = select(Audit.actor_name).where(
        Audit.object_kind == "newsletter",
        Audit.object_ref == str(newsletter.id),
        Audit.action.in_(("newsletter.added", "newsletter.changed")),
    )
    return session.scalar(saved.order_by(Audit.id.desc()).limit(1)) or newsletter.created_by


def add(session: Session, shop: Shop, channel: str, draft: Draft, by: Actor) -> Newsletter:
    """Save a new newsletter (flushes); posted twice within moments, it is one.

    :raises Refused: for a name, subject or text that could not be sent.
    """
    if channel not in SENDING_CHANNELS:
        raise Refused(_("No newsletter can be sent on this channel."), status=404)
    content = asdict(drafts.checked(shop, channel, draft))
    moments_ago = select(Newsletter).where(
        Newsletter.created_by == by.name, Newsletter.modified_at > clock.now() - _SAME_POST
    )
    same = session.scalars(moments_ago.filter_by(channel=channel, **content).limit(1)).first()
    return same or _added(session, Newsletter(channel=channel, created_by=by.name, **content), by)


def change(session: Session, shop: Shop, newsletter: Newsletter, draft: Draft, edition: int, by: Actor) -> Newsletter:
    """Save a newsletter that was opened at an edition (flushes); posted twice, it is saved once.

    :raises Refused: (409) when somebody else has saved it meanwhile; for content as in :func:`add`.
    """
    tidy = drafts.checked(shop, newsletter.channel, draft)
    at_this_edition = update(Newsletter).where(Newsletter.id == newsletter.id, Newsletter.edition == edition)
    content = asdict(tidy) | {"edition": edition + 1, "modified_at": clock.now()}
    saved = session.execute(at_this_edition.values(**content).execution_options(synchronize_session=False))
    stored = session.get(Newsletter, newsletter.id, populate_existing=True)
    if stored is None:
        raise gone()
    if cast(CursorResult[Any], saved).rowcount:
        audit.record(session, by, "newsletter.changed", "newsletter", stored.id, stored.name)
    elif tidy != drafts.of(stored):
        raise Refused(
            _(
                "Somebody else has changed this newsletter since you opened it, so nothing was saved. Both texts are "
                "below: choose which one stays."
            ),
            status=409,
        )
    return stored


def copy(session: Session, newsletter: Newsletter, by: Actor) -> Newsletter:
    """A second newsletter with the same content (flushes)."""
    room = NAME_LENGTH - len(_("%(name)s (copy)", name=""))
    content = asdict(drafts.of(newsletter)) | {"name": _("%(name)s (copy)", name=newsletter.name[:room].rstrip())}
    twin = Newsletter(channel=newsletter.channel, created_by=by.name, **content)
    return _added(session, twin, by, copy_of=newsletter.id)


def remove(session: Session, newsletter: Newsletter, by: Actor) -> None:
    """Delete a newsletter; its past sendings stay readable.

    :raises Refused: (409) while one of them is unfinished.
    """
    if not remove_idle(session, [newsletter], by):
        raise Refused(_("“%(name)s” is being sent. Cancel the sending first.", name=newsletter.name), status=409)


def remove_idle(session: Session, newsletters: Sequence[Newsletter], by: Actor) -> list[str]:
    """Delete those that are not being sent (flushes).

    :returns: the names of the deleted.
    """
    busy = being_sent(session, [row.id for row in newsletters])
    idle = [row for row in newsletters if row.id not in busy]
    names = [row.name for row in idle]
    if not idle:
        return []
    # SQLite gives the highest id again: a new newsletter must not inherit the sendings of a deleted one.
    theirs = update(Dispatch).where(Dispatch.newsletter_id.in_([row.id for row in idle]))
    session.execute(theirs.values(newsletter_id=None))
    for row in idle:
        audit.record(session, by, "newsletter.deleted", "newsletter", row.id, row.name)
        session.delete(row)
    session.flush()
    return names


def being_sent(session: Session, ids: Sequence[int]) -> set[int]:
    """Those with an unfinished sending: they cannot be deleted."""
    unfinished = Dispatch.newsletter_id.in_(ids), Dispatch.status.in_(UNFINISHED)
    return {number for number in session.scalars(select(Dispatch.newsletter_id).where(*unfinished)) if number}


def _added(session: Session, newsletter: Newsletter, by: Actor, **detail: int) -> Newsletter:
    session.add(newsletter)
    session.flush()
    audit.record(session, by, "newsletter.added", "newsletter", newsletter.id, newsletter.name, **detail)
    return newsletter
