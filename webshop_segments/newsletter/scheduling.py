"""When a sending leaves: at once, or at a time of the shop's clock; one that was missed for too long asks first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask_babel import format_datetime
from sqlalchemy import ColumnElement, CursorResult, and_, select, update
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..administration import audit
from ..errors import Refused
from ..i18n import _, in_language
from ..notices.queue import queue
from ..plugin import Plugin
from . import dispatches
from .models import Dispatch, Newsletter

GRACE = timedelta(hours=1)
"""How late a sending still leaves by itself; what it says may be stale after that, so it asks."""

FARTHEST = timedelta(days=731)
"""Two years."""

_LOCAL = re.compile(r"(?P<minute>\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(:\d\d)?", re.ASCII)
"""Some browsers add seconds."""


def parse_local(text: str, timezone: ZoneInfo) -> datetime:
    """A date and time as ``<input type=datetime-local>`` sends it, in UTC; of an hour that comes twice, the first.

    :raises Refused: (field due_at) for what is no time, is past, is skipped by the clock or is beyond two years.
    """
    now, shown = clock.now(), text.strip()
    if not shown:
        raise _no(_("Choose a date and a time."))
    written = _LOCAL.fullmatch(shown)
    try:
        wanted = datetime.fromisoformat(written["minute"] if written else "").replace(tzinfo=timezone)
    except ValueError:
        raise _no(_("“%(text)s” is no date with a time. Write it like 2030-12-24 09:30.", text=shown)) from None
    if wanted < now.replace(second=0, microsecond=0):
        raise _no(_("This time is past. Choose a later one."))
    if wanted > now + FARTHEST:
        raise _no(_("This time is more than two years ahead. Choose an earlier one."))
    due_at = wanted.astimezone(UTC)
    if due_at.astimezone(timezone).replace(tzinfo=None) != wanted.replace(tzinfo=None):
        raise _no(_("The clock is set forward on that day and skips this time. Choose an earlier or a later one."))
    return due_at


def start(
    session: Session,
    plugin: Plugin,
    newsletter: Newsletter,
    segment_ids: Sequence[int],
    request_key: str,
    by: Actor,
    *,
    due_at: datetime | None = None,
    **more: Any,
) -> Dispatch:
    """As :func:`.dispatches.start`, for now or for a time to come (flushes)."""
    known = session.scalar(select(Dispatch.id).where(Dispatch.request_key == request_key))
    dispatch = dispatches.start(session, plugin, newsletter, segment_ids, request_key, by, **more)
    if due_at is not None and known is None:
        dispatch.due_at = due_at
        session.flush()
        audit.record(session, by, "dispatch.scheduled", "dispatch", dispatch.id, dispatch.name, due_at=_iso(due_at))
    return dispatch


def send_now(session: Session, dispatch: Dispatch, by: Actor) -> None:
    """Let a scheduled sending leave at once, also one that was missed.

    :raises Refused: (409) when it is not scheduled any more.
    """
    _set_due(session, dispatch, clock.now())
    audit.record(session, by, "dispatch.sent_now", "dispatch", dispatch.id, dispatch.name)


def reschedule(session: Session, dispatch: Dispatch, due_at: datetime, by: Actor) -> None:
    """Let a scheduled sending leave at another time.

    :raises Refused: (409) when it is not scheduled any more.
    """
    _set_due(session, dispatch, due_at)
    audit.record(session, by, "dispatch.rescheduled", "dispatch", dispatch.id, dispatch.name, due_at=_iso(due_at))


def overdue(dispatch: Dispatch) -> bool:
    """Whether a scheduled sending was missed for so long that it waits for an administrator's word."""
    return dispatch.status == "scheduled" and dispatch.due_at < clock.now() - GRACE


def due() -> ColumnElement[bool]:
    """The condition under which a worker takes a scheduled sending by itself."""
    now = clock.now()
    return and_(Dispatch.status == "scheduled", Dispatch.due_at <= now, Dispatch.due_at >= now - GRACE)


def ask(session: Session, plugin: Plugin) -> int:
    """Tell the shop, once for each, of sendings that were missed (flushes); returns how many were new."""
    with in_language(None, plugin.settings.default_locale):
        missed = session.execute(
            update(Dispatch)
            .where(Dispatch.status == "scheduled", Dispatch.due_at < clock.now() - GRACE, Dispatch.trouble == "")
            .values(trouble=_("No worker took it when it was due."))
            .returning(Dispatch.id, Dispatch.name, Dispatch.due_at)
            .execution_options(synchronize_session=False)
        ).all()
        address = dispatches.control_address(plugin, "email") if missed else None
        for dispatch_id, name, due_at in missed if address else ():
            _alarm(session, plugin, str(address), dispatch_id, name, due_at)
    return len(missed)


def _alarm(session: Session, plugin: Plugin, address: str, dispatch_id: int, name: str, due_at: datetime) -> None:
    settings = plugin.settings
    planned = format_datetime(due_at.astimezone(settings.timezone), "medium", rebase=False)
    queue(
        session,
        "alarm",
        "email",
        address,
        plugin.keys.address_key("email", address),
        subject=_("Not sent: %(name)s", name=name),
        text=_(
            "“%(name)s” should have left on %(date)s, but no worker took it.\n\n"
            "It has become late, so it waits for your word: send it now or cancel it at\n%(url)s",
            name=name,
            date=planned,
            url=f"{settings.public_url}{settings.url_prefix}/dispatches/{dispatch_id}",
        ),
    )


def _set_due(session: Session, dispatch: Dispatch, due_at: datetime) -> None:
    moved = session.execute(
        update(Dispatch)
        .where(Dispatch.id == dispatch.id, Dispatch.status == "scheduled")
        .values(due_at=due_at, trouble="")
        .execution_options(synchronize_session=False)
    )
    if not cast(CursorResult[Any], moved).rowcount:
        raise Refused(_("This sending has moved on meanwhile. Look at its state below."), status=409)
    session.expire(dispatch)


def _iso(due_at: datetime) -> str:
    return due_at.astimezone(UTC).isoformat(timespec="minutes")


def _no(sentence: str) -> Refused:
    return Refused(sentence, field="due_at")
