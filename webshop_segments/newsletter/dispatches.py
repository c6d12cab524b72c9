"""A sending is started, paused, resumed and cancelled here; the worker does the rest."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..administration import audit
from ..db import savepoint
from ..directory.addresses import normalise
from ..errors import Refused
from ..i18n import _
from ..plugin import Plugin
from ..segments import audience, operations
from ..segments.audience import Choice
from ..signals import after_commit, dispatch_changed
from . import deliveries, following, sender
from .message import layout
from .models import Dispatch, DispatchSegment, Newsletter
from .transitions import DISPATCH, UNFINISHED, before

log = logging.getLogger(__name__)


def get(session: Session, dispatch_id: int) -> Dispatch:
    """:raises Refused: (404) for an unknown one."""
    dispatch = session.get(Dispatch, dispatch_id)
    if dispatch is None:
        raise Refused(_("There is no such sending."), status=404)
    return dispatch


def start(
    session: Session,
    plugin: Plugin,
    newsletter: Newsletter,
    segment_ids: Sequence[int],
    request_key: str,
    by: Actor,
    *,
    excluded_ids: Sequence[int] = (),
    follows: Dispatch | None = None,
    control_copy: bool = True,
) -> Dispatch:
    """Freeze a newsletter and hand it to the worker (flushes). The same request_key starts one sending only.

    :param segment_ids: the chosen segments; none means everybody who agreed (W43).
    :param excluded_ids: segments whose members get nothing (W51).
    :param follows: an earlier sending of it; its choice holds in place of the segments, for those it did not serve.
    :raises Refused: when a chosen segment is gone, nobody would get it, or sender or imprint are missing.
    """
    existing = session.scalar(select(Dispatch).where(Dispatch.request_key == request_key))
    if existing is not None:
        return existing
    ready(plugin, newsletter)
    if follows is None:
        segments = chosen(session, segment_ids, excluded_ids)
        choice = Choice(
            newsletter.channel, not segment_ids, tuple(segment_ids), newsletter.language, tuple(excluded_ids)
        )
    else:
        following.hold(session, follows)
        segments = [_segment(row.segment_id, row.name, row.excluded) for row in follows.segments]
        choice = following.choice_since(follows)
    if not audience.reaches_anybody(session, plugin.shop, choice):
        raise Refused(_nobody(follows), status=409)
    name, address = sender.of_newsletter(plugin, newsletter)
    html, text = layout.frozen(plugin.settings, newsletter)
    dispatch = Dispatch(
        request_key=request_key,
        newsletter_id=newsletter.id,
        follows_id=following.first_of(follows) if follows is not None else None,
        channel=newsletter.channel,
        name=newsletter.name,
        subject=newsletter.subject,
        body=newsletter.body,
        layout_html=html,
        layout_text=text,
        language=choice.language,
        reply_to=newsletter.reply_to,
        preheader=newsletter.preheader,
        sender_name=name,
        sender_address=address,
        everybody=choice.everybody,
        control_address=control_address(plugin, newsletter.channel) if choice.everybody and control_copy else None,
        created_by=by.name,
        segments=segments,
    )
    try:
        with savepoint(session):
            session.add(dispatch)
    except IntegrityError:
        return session.scalars(select(Dispatch).where(Dispatch.request_key == request_key)).one()
    audit.record(session, by, "dispatch.started", "dispatch", dispatch.id, dispatch.name)
    after_commit(session, dispatch_changed, dispatch_id=dispatch.id, status=dispatch.status)
    return dispatch


def chosen(session: Session, segment_ids: Sequence[int], excluded_ids: Sequence[int]) -> list[DispatchSegment]:
    """The segments of a sending, by id while they exist and by name for good.

    :raises Refused: (409) for one that is gone, or is both chosen and excluded.
    """
    both = set(segment_ids) & set(excluded_ids)
    found = operations.by_id(session, [*segment_ids, *excluded_ids])
    if len(found) != len({*segment_ids, *excluded_ids}):
        raise Refused(_("One of the chosen segments no longer exists. Choose again."), status=409)
    if both:
        name = next(segment.name for segment in found if segment.id in both)
        raise Refused(_("“%(name)s” is both chosen and excluded. Choose one of the two.", name=name), status=409)
    return [_segment(segment.id, segment.name, segment.id in excluded_ids) for segment in found]


def _segment(segment_id: int, name: str, excluded: bool) -> DispatchSegment:
    return DispatchSegment(segment_id=segment_id, name=name, excluded=excluded)


def _nobody(follows: Dispatch | None) -> str:
    if follows is not None:
        return _("Nobody has become reachable since that sending.")
    return _("Nobody would get this newsletter: none of the chosen people has agreed.")


def ready(plugin: Plugin, newsletter: Newsletter) -> None:
    """Refuse a sending that could only fail.

    :raises Refused: naming the setting that is missing.
    """
    if newsletter.channel not in plugin.channels:
        raise Refused(_("Sending by SMS is not set up: the settings WSS_TWILIO_* are missing."), status=409)
    if not plugin.settings.imprint.strip():
        # UWG §7(2) no. 3 and DDG §5: who writes must be named in every advertising message (C55).
        raise Refused(_("The imprint is missing: set WSS_IMPRINT to the shop's name and address."), status=409)
    sender.of_newsletter(plugin, newsletter)


def control_address(plugin: Plugin, channel: str) -> str | None:
    """Where the shop's own copy goes, None when nothing is configured (W44)."""
    configured = plugin.settings.shop_email if channel == "email" else plugin.settings.shop_phone
    return normalise(channel, configured, plugin.settings.default_country) if configured else None


def unfinished_of_segment(session: Session, segment_id: int) -> Sequence[str]:
    """Names of sendings that still need a segment (W3)."""
    return session.scalars(
        select(Dispatch.name)
        .join(DispatchSegment, DispatchSegment.dispatch_id == Dispatch.id)
        .where(DispatchSegment.segment_id == segment_id, Dispatch.status.in_(UNFINISHED))
    ).all()


def last_uses(session: Session, segment_ids: Sequence[int]) -> dict[int, Dispatch]:
    """Per segment the newest sending it was chosen for (W1)."""
    newest = (
        select(DispatchSegment.segment_id, func.max(DispatchSegment.dispatch_id).label("dispatch_id"))
        .where(DispatchSegment.segment_id.in_(segment_ids), DispatchSegment.excluded.is_(False))
        .group_by(DispatchSegment.segment_id)
        .subquery("newest")
    )
    rows = session.execute(select(newest.c.segment_id, Dispatch).join(Dispatch, Dispatch.id == newest.c.dispatch_id))
    return {segment_id: dispatch for segment_id, dispatch in rows}


def pause(session: Session, dispatch: Dispatch, by: Actor) -> None:
    """Stop before the next window; what is claimed goes back to the queue."""
    _administer(session, dispatch, "paused", by)


def resume(session: Session, dispatch: Dispatch, by: Actor) -> None:
    """Go on after a pause or an alarm."""
    _administer(session, dispatch, "sending", by, trouble="", failures=0, retry_at=None)


def cancel(session: Session, dispatch: Dispatch, by: Actor) -> None:
    """Send nothing further; what is under way at this moment is still settled, and a worker tidies up the rest."""
    _administer(session, dispatch, "cancelled", by, finished_at=clock.now())
    deliveries.cancel(session, dispatch.id)


def decide_unknown(session: Session, dispatch: Dispatch, numbers: Sequence[int], status: str, by: Actor) -> int:
    """Settle recipients whose outcome nobody knows, or send to them again; a finished sending opens for that.

    :returns: how many were still unknown.
    """
    count = deliveries.decide(session, dispatch.id, numbers, status)
    if status == "queued" and count:
        reopened = update(Dispatch).where(Dispatch.id == dispatch.id, Dispatch.status == "finished")
        session.execute(reopened.values(status="sending", finished_at=None))
        session.execute(update(Dispatch).where(Dispatch.id == dispatch.id).values(retry_at=None))
        after_commit(session, dispatch_changed, dispatch_id=dispatch.id, status="sending")
    audit.record(
        session, by, "dispatch.unknown_settled", "dispatch", dispatch.id, dispatch.name, count=count, status=status
    )
    return count


def move(session: Session, dispatch_id: int, target: str, *, held_under: str | None = None, **values: Any) -> bool:
    """Move a dispatch along the transition table by compare-and-set; False when somebody was faster.

    :param held_under: the lease the caller prepares it under.
    """
    held = Dispatch.lease_id == held_under if held_under else true()
    result = cast(
        CursorResult[Any],
        session.execute(
            update(Dispatch)
            .where(Dispatch.id == dispatch_id, Dispatch.status.in_(before(target, DISPATCH)), held)
            .values(status=target, lease_id=None, lease_until=None, **values)
            .execution_options(synchronize_session=False)
        ),
    )
    if result.rowcount:
        log.info("dispatch %s is now %s", dispatch_id, target)
        after_commit(session, dispatch_changed, dispatch_id=dispatch_id, status=target)
    return bool(result.rowcount)


def _administer(session: Session, dispatch: Dispatch, target: str, by: Actor, **values: Any) -> None:
    if not move(session, dispatch.id, target, **values):
        raise Refused(_("This sending has moved on meanwhile. Look at its state below."), status=409)
    audit.record(session, by, f"dispatch.{target}", "dispatch", dispatch.id, dispatch.name)
    session.expire(dispatch)
