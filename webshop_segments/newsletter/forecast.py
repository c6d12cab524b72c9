"""What to expect of a sending: whom it reaches, how long it takes, and why it does not go on right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, String, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from .. import clock
from ..directory import people
from ..directory.models import Subscriber
from ..directory.people import Person, PersonKey
from ..limits import Limits
from ..plugin import Plugin
from ..segments import audience, members
from ..segments.audience import Choice
from ..shop import Shop
from . import results, scheduling
from .limits import allowance
from .models import Delivery, Dispatch
from .results import Progress

FARTHEST = timedelta(days=365)
"""What would take longer is not foretold."""

LATELY = timedelta(seconds=10)
"""What was served so shortly ago does not wait, whatever a limit by the second says at this moment."""

FEW = 1000
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Wait:
    """Why nothing leaves right now.

    :param kind: missed, scheduled, halted, paused, trouble, hours, limit, domains or retries.
    :param until: when it goes on by itself, None when somebody has to act or it is not known.
    :param about: what was the matter, for halted and trouble; which domains rest.
    """

    kind: str
    until: datetime | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a choice reaches, who is left out for which reason, and the first recipients with their addresses."""

    count: int
    left_out: dict[str, int]
    first: list[tuple[Person, str]]


def reach(session: Session, shop: Shop, choice: Choice, size: int = 5) -> Reach:
    """As :func:`.audience.counts`, with the first recipients; the audience is found once for both."""
    rows = audience.people(shop, choice).cte("audience")
    counts = select(rows.c.reason, func.count().label("count"), *(cast(null(), String).label(name) for name in _FIRST))
    first = (
        select(cast(null(), String), cast(literal(0), Integer), *(rows.c[name] for name in _FIRST))
        .where(rows.c.reason.is_(None))
        .order_by(rows.c.kind, rows.c.ref)
        .limit(size)
        .subquery("first")
    )
    found: dict[str | None, int] = {}
    addresses: dict[PersonKey, str] = {}
    for reason, count, kind, ref, address in session.execute(union_all(counts.group_by(rows.c.reason), select(first))):
        if kind is None:
            found[reason] = count
        else:
            addresses[PersonKey(kind, ref)] = address
    gone = audience.gone(session, shop, choice)
    there = people.find(session, shop, addresses)
    return Reach(
        found.pop(None, 0),
        {str(reason): count for reason, count in found.items()} | ({"not_in_shop": gone} if gone else {}),
        [(there[key], address) for key, address in addresses.items() if key in there],
    )


_FIRST = ("kind", "ref", "address")


def is_quick(session: Session, shop: Shop, choice: Choice) -> bool:
    """Whether so few people are to be looked at that a page may wait for :func:`reach`."""
    if choice.served is not None:
        return False
    in_segments = members.stored(session, [*choice.segment_ids, *choice.excluded_ids], FEW)
    if in_segments >= FEW or not choice.everybody:
        return in_segments < FEW
    for everybody in (people.contact_rows(shop), select(Subscriber.id)):
        some = everybody.limit(FEW).subquery()
        if (session.scalar(select(func.count()).select_from(some)) or 0) >= FEW:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Cost:
    """What so many text messages come to.

    :param parts: of all of them together, as many each as the preview's.
    :param amount: in the currency of the provider's price; None where the channel names none.
    """

    parts: int
    amount: Decimal | None = None
    currency: str = ""


def cost(plugin: Plugin, channel: str, parts_each: int, count: int) -> Cost:
    """About; a channel that knows its price says so in ``price_per_part``: an amount and a currency (ISO 4217)."""
    parts = parts_each * count
    price: tuple[Decimal, str] | None = getattr(plugin.channels.get(channel), "price_per_part", None)
    return Cost(parts, price[0] * parts, price[1]) if price else Cost(parts)


def why_it_waits(session: Session, plugin: Plugin, dispatch: Dispatch, now: Progress) -> Wait | None:
    """None for a sending that goes on or is over."""
    if dispatch.status == "scheduled":
        kind = "missed" if scheduling.overdue(dispatch) else "scheduled"
        return Wait(kind, dispatch.due_at) if kind == "missed" or dispatch.due_at > clock.now() else None
    if dispatch.status in ("halted", "paused"):
        return Wait(dispatch.status, about=dispatch.trouble)
    if dispatch.status != "sending":
        return None
    if dispatch.trouble:
        return Wait("trouble", dispatch.retry_at, dispatch.trouble)
    if dispatch.last_claimed_at is not None and dispatch.last_claimed_at > clock.now() - LATELY:
        return None
    return held(session, plugin, dispatch.channel) or _part_waits(session, plugin, dispatch, now)


def held(session: Session, plugin: Plugin, channel_name: str) -> Wait | None:
    """Why nothing at all may leave on a channel right now: outside its hours, or a limit is used up."""
    channel, timezone = plugin.channels.get(channel_name), plugin.settings.timezone
    if channel is None:
        return None
    opening = opens_at(clock.now(), channel.limits, timezone)
    if opening is not None:
        return Wait("hours", opening)
    return Wait("limit") if allowance.held(session, channel, timezone).everything else None


def ends_at(plugin: Plugin, dispatch: Dispatch, now: Progress) -> datetime | None:
    """When the last message will have left at the present rate, the sending hours and limits considered."""
    if dispatch.status != "sending" or dispatch.trouble or not now.waiting or not now.per_second:
        return None
    channel = plugin.channels.get(dispatch.channel)
    limits = channel.limits if channel else Limits()
    per_second = min(now.per_second, pace(limits) or now.per_second)
    return _after(clock.now(), timedelta(seconds=min(now.waiting / per_second, 1e9)), limits, plugin.settings.timezone)


def seconds_for(session: Session, plugin: Plugin, channel: str, count: int) -> float | None:
    """About how long so many messages take: at the rate of the last sending, and not faster than the limits allow."""
    allowed = pace(plugin.channels[channel].limits) if channel in plugin.channels else None
    rates = [rate for rate in (allowed, _last_rate(session, channel)) if rate]
    return count / min(rates) if rates else None


def pace(limits: Limits) -> float | None:
    """Messages per second that limits allow in the long run, None without limit."""
    allowed = [
        limits.per_second,
        limits.per_hour and limits.per_hour / 3600,
        limits.batch and limits.pause_seconds and limits.batch / limits.pause_seconds,
    ]
    return min((rate for rate in allowed if rate), default=None)


def opens_at(moment: datetime, limits: Limits, timezone: ZoneInfo) -> datetime | None:
    """When the sending hours begin that come after a moment, None for a moment within them."""
    if limits.hours is None or limits.open_at(moment, timezone):
        return None
    local = moment.astimezone(timezone)
    day = local.date() + timedelta(days=local.time() >= limits.hours[0])
    return datetime.combine(day, limits.hours[0], timezone).astimezone(moment.tzinfo)


def opened_at(moment: datetime, plugin: Plugin, channel_name: str) -> datetime:
    """When the sending hours began in which a moment lies; long ago where there are none."""
    channel, timezone = plugin.channels.get(channel_name), plugin.settings.timezone
    if channel is None or channel.limits.hours is None:
        return datetime.min.replace(tzinfo=moment.tzinfo)
    return datetime.combine(moment.astimezone(timezone).date(), channel.limits.hours[0], timezone)


def _after(moment: datetime, work: timedelta, limits: Limits, timezone: ZoneInfo) -> datetime | None:
    latest = moment + FARTHEST
    while moment < latest:
        moment = opens_at(moment, limits, timezone) or moment
        if limits.hours is None:
            return moment + work if work < FARTHEST else None
        closing = datetime.combine(moment.astimezone(timezone).date(), limits.hours[1], timezone)
        open_for = closing - moment
        if work <= open_for:
            return moment + work
        moment, work = closing.astimezone(moment.tzinfo), work - open_for
    return None


def _part_waits(session: Session, plugin: Plugin, dispatch: Dispatch, now: Progress) -> Wait | None:
    """Whether all who are left were refused for now, or belong to domains that rest."""
    if not now.waiting or now.count("claimed", "sending"):
        return None
    first = results.next_attempt(session, dispatch) if now.waiting <= FEW else None
    if first is not None:
        return Wait("retries", first)
    channel = plugin.channels.get(dispatch.channel)
    domains = allowance.held(session, channel, plugin.settings.timezone).domains if channel else ()
    return Wait("domains", about=", ".join(sorted(domains)[:MOST_NAMED])) if domains else None


def _last_rate(session: Session, channel: str) -> float | None:
    last = session.execute(
        select(Dispatch.id, Dispatch.started_at, Dispatch.finished_at)
        .where(Dispatch.channel == channel, Dispatch.status == "finished")
        .order_by(Dispatch.id.desc())
        .limit(1)
    ).first()
    if last is None or last.started_at is None or last.finished_at is None:
        return None
    count = session.scalar(select(func.max(Delivery.number)).where(Delivery.dispatch_id == last.id)) or 0
    took: timedelta = last.finished_at - last.started_at
    return count / max(took.total_seconds(), 1.0)
