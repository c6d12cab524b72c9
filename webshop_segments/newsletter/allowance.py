"""How many messages may leave now, counted in the database so that all workers on all machines keep a limit together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, String, and_, case, false, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from ..channel import Channel
from ..db import rows_given
from ..limits import Limits
from .limit_models import LimitWindow

_DAY = 86_400_000
_REST = "rest"
"""The rule of a row that no limit made: a provider told us to slow down."""


class Granted(dict[str, int]):
    """Recipient domain → how many messages may leave now.

    :param at: when, on the database's clock; None where nothing had to be counted.
    """

    def __init__(self, counts: Mapping[str, int], at: datetime | None = None) -> None:
        super().__init__(counts)
        self.at = at


class Held(NamedTuple):
    """What must not be claimed now: everything, or the messages to some domains."""

    everything: bool
    domains: frozenset[str]


def grant(
    session: Session, channel: Channel, timezone: tzinfo, wanted: Mapping[str, int], *, now: datetime | None = None
) -> Granted:
    """Take from every rule what a window needs, once in a transaction; flushes, and no other worker passes until it ends.

    :param wanted: recipient domain → messages; a domain that comes first is served first.
    :param now: instead of the database's clock.
    """
    rules = _rules(channel.limits)
    if not rules and channel.limits.hours is None:
        return Granted(wanted)
    _lock(session, channel.name, rules, wanted)
    at = now or _time(session.scalar(select(_clock())))
    if not channel.limits.open_at(at, timezone):
        return Granted(dict.fromkeys(wanted, 0), at)
    left = dict(wanted)
    taken = []
    for rule in rules:
        given = _take(session, channel.name, rule, rule.shares(left), _milliseconds(at))
        left = rule.cut(left, given)
        taken.append((rule, given))
    for rule, given in taken:
        kept = rule.shares(left)
        unused = {domain: count - kept.get(domain, 0) for domain, count in given.items()}
        _put_back(session, channel.name, rule, unused, _milliseconds(at))
    return Granted(left, at)


def give_back(session: Session, channel: Channel, unused: Mapping[str, int], at: datetime | None = None) -> None:
    """Return what was granted ``at`` a time and did not leave; what its windows counted is over when they are."""
    rules = _rules(channel.limits)
    if at is None or not rules or not any(unused.values()):
        return
    _lock(session, channel.name, rules, unused)
    for rule in rules:
        _put_back(session, channel.name, rule, rule.shares(unused), _milliseconds(at))


def hold(
    session: Session, channel_name: str, domain: str, seconds: float, *, now: datetime | None = None
) -> None:
    """Let a domain rest, or with an empty one the channel, because its server asks for it (E52); never shorter."""
    until = _now(now) + round(seconds * 1000)
    row = {"channel": channel_name, "domain": domain, "rule": _REST, "held_until": until}
    longer = _insert(session).values(**row)
    session.execute(
        longer.on_conflict_do_update(
            index_elements=_KEY,
            set_={"held_until": longer.excluded.held_until},
            where=LimitWindow.held_until < longer.excluded.held_until,
        )
    )


def held(session: Session, channel: Channel, timezone: tzinfo, *, now: datetime | None = None) -> Held:
    """What must wait, in one statement."""
    clock = select(_now(now).label("now")).subquery("clock")
    used_up = [
        and_(
            LimitWindow.rule == rule.name,
            rule.since + rule.length > clock.c.now,
            LimitWindow.used >= rule.most(LimitWindow.started, LimitWindow.since),
        )
        for rule in _rules(channel.limits)
    ]
    waits = and_(
        LimitWindow.channel == channel.name,
        LimitWindow.held_until > clock.c.now,
        or_(LimitWindow.rule == _REST, *used_up),
    )
    rows = session.execute(select(clock.c.now, LimitWindow.domain).select_from(clock).outerjoin(LimitWindow, waits)).all()
    domains = frozenset(domain for _now, domain in rows if domain is not None)
    closed = not channel.limits.open_at(_time(rows[0].now), timezone)
    return Held(closed or "" in domains, domains - {""})
