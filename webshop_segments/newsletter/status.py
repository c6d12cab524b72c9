"""What `flask segments status` prints: what is being sent, what waits and why, and whether a worker is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload, load_only

from .. import clock
from ..notices.models import Notice
from ..plugin import Plugin
from . import forecast, results, scheduling
from .forecast import Wait
from .models import Delivery, Dispatch
from .results import ARRIVED, Progress
from .transitions import UNDER_WAY, UNFINISHED

PATIENCE = timedelta(seconds=30)
"""How long due work may lie before it is said that nobody does it."""

LAST = 5
_NAME = 32
_HEADS = ("id", "name", "channel", "status", "sent", "left", "failed", "unknown", "per second", "expected end", "")
WITHOUT_CONTENT = (
    load_only(
        Dispatch.name, Dispatch.channel, Dispatch.status, Dispatch.trouble, Dispatch.due_at, Dispatch.retry_at,
        Dispatch.last_claimed_at, Dispatch.lease_until, Dispatch.created_at, Dispatch.started_at, Dispatch.finished_at,
    ),
    lazyload(Dispatch.segments),
)  # fmt: skip


def lines(session: Session, plugin: Plugin) -> Iterator[str]:
    """The whole report, in English, no address in clear."""
    running = unfinished(session)
    over = session.scalars(
        select(Dispatch)
        .where(Dispatch.finished_at.is_not(None))
        .order_by(Dispatch.id.desc())
        .limit(LAST)
        .options(*WITHOUT_CONTENT)
    ).all()
    if running:
        yield from _table([_HEADS, *(_running(session, plugin, dispatch) for dispatch in running)])
    else:
        yield "Nothing is being sent."
    if over:
        yield ""
        yield "The last ones:"
        yield from _table([(*_HEADS[:9], "ended", ""), *(_over(session, plugin, dispatch) for dispatch in over)])
    yield ""
    count, oldest = notices(session)
    yield f"System mails waiting: {count:,}" + (f", the oldest for {_span(oldest)}" if oldest else "")
    silent = silence(session, plugin, running)
    if silent > PATIENCE:
        yield f"No worker has been heard of for {_span(silent)}, and work is due. Start one: flask segments work"


def unfinished(session: Session) -> Sequence[Dispatch]:
    """Sendings under way, without their content."""
    return session.scalars(
        select(Dispatch).where(Dispatch.status.in_(UNFINISHED)).order_by(Dispatch.id).options(*WITHOUT_CONTENT)
    ).all()


def notices(session: Session) -> tuple[int, timedelta]:
    """How many system messages wait to be sent now, and for how long the oldest has."""
    now = clock.now()
    count, oldest = session.execute(
        select(func.count(), func.min(Notice.not_before)).where(Notice.status == "queued", Notice.not_before <= now)
    ).one()
    return count, now - oldest if oldest else timedelta()


def silence(session: Session, plugin: Plugin, running: Sequence[Dispatch]) -> timedelta:
    """For how long there has been due work and no sign of a worker; nothing where no work is due."""
    now, (_count, oldest) = clock.now(), notices(session)
    since = [now - oldest] if oldest else []
    since += [moment for dispatch in running if (moment := _due_since(session, plugin, dispatch)) is not None]
    if not since:
        return timedelta()
    heard = [dispatch.last_claimed_at for dispatch in running] + [dispatch.lease_until for dispatch in running]
    heard += session.execute(select(_LAST_LEASE, _LAST_NOTICE, _LAST_END)).one()
    return max(now - max([min(since), *filter(None, heard)]), timedelta())


_LAST_LEASE = (
    select(func.max(Delivery.lease_until)).where(Delivery.status.in_(("claimed", "sending"))).scalar_subquery()
)
_LAST_NOTICE = select(func.max(Notice.lease_until)).where(Notice.status == "sending").scalar_subquery()
_LAST_END = select(func.max(Dispatch.finished_at)).scalar_subquery()


def _due_since(session: Session, plugin: Plugin, dispatch: Dispatch) -> datetime | None:
    """Since when a worker should do something about a dispatch, None where it need not."""
    now = clock.now()
    due = {"scheduled": dispatch.due_at, "preparing": dispatch.lease_until, "sending": dispatch.retry_at}
    moment = due.get(dispatch.status) or dispatch.started_at
    if dispatch.status not in due or moment is None or moment > now or scheduling.overdue(dispatch):
        return None
    if dispatch.status != "sending":
        return moment
    if forecast.held(session, plugin, dispatch.channel):
        return None
    return max(moment, forecast.opened_at(now, plugin, dispatch.channel))


def _running(session: Session, plugin: Plugin, dispatch: Dispatch) -> tuple[str, ...]:
    now = results.progress(session, dispatch)
    end = forecast.ends_at(plugin, dispatch, now)
    wait = forecast.why_it_waits(session, plugin, dispatch, now)
    rate = f"{now.per_second:,.1f}" if dispatch.status == "sending" else ""
    return (*_counts(dispatch, now), rate, _time(plugin, end), _why(plugin, wait) if wait else "")


def _over(session: Session, plugin: Plugin, dispatch: Dispatch) -> tuple[str, ...]:
    now = results.progress(session, dispatch)
    return (*_counts(dispatch, now), f"{now.per_second:,.1f}", _time(plugin, dispatch.finished_at), "")


def _counts(dispatch: Dispatch, now: Progress) -> tuple[str, ...]:
    counts = (ARRIVED, UNDER_WAY, ("bounced", "failed"), ("unknown",))
    name = dispatch.name if len(dispatch.name) <= _NAME else f"{dispatch.name[: _NAME - 1]}…"
    return (
        str(dispatch.id), name, dispatch.channel, dispatch.status, *(f"{now.count(*names):,}" for names in counts)
    )  # fmt: skip


def _why(plugin: Plugin, wait: Wait) -> str:
    until = _time(plugin, wait.until)
    said = results.without_addresses(wait.about)
    return {
        "missed": f"missed at {until}; waits for “Send now” or “Cancel” in the panel",
        "scheduled": f"leaves at {until}",
        "halted": f"{said} Mend it, then press “Go on sending” in the panel.",
        "paused": "paused in the panel",
        "trouble": f"{said} Next attempt {until}." if until else said,
        "hours": f"outside the sending hours until {until}",
        "limit": "the channel's limit is used up for now",
        "domains": f"at rest for now: {wait.about}",
        "retries": f"refused for now; next attempt {until}",
    }[wait.kind]


def _time(plugin: Plugin, moment: datetime | None) -> str:
    """In the shop's time zone, the day only where it is not today."""
    if moment is None:
        return ""
    local, today = (time.astimezone(plugin.settings.timezone) for time in (moment, clock.now()))
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M}"


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}s"
    return f"{seconds} seconds"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Aligned; numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            text.rjust(width) if number in _NUMBERS else text.ljust(width)
            for number, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


_NUMBERS = (0, 4, 5, 6, 7, 8)
