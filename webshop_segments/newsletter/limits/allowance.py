"""How many messages may leave now, counted in the database: all workers on all machines keep a limit together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from ...channel import Channel
from . import statements
from .rules import BATCH, DAY, Rule, in_force

_REST = "rest"
"""The rule of a row that no limit made: a server asked us to slow down."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Granted(dict[str, int]):
    """Recipient domain → how many messages may leave now.

    :ivar at: when, on the database's clock; None where nothing had to be counted.
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
    """Take from every rule in force what a window needs; once in a transaction, and other workers wait for its end.

    :param wanted: recipient domain → messages; where there is not enough for all, the first are served first.
    :param now: instead of the database's clock.
    """
    rules = in_force(channel.limits)
    if not rules and channel.limits.hours is None:
        return Granted(wanted)
    at = session.execute(statements.TIME, _clock(now)).scalar_one()
    if not channel.limits.open_at(_time(at), timezone):
        return Granted(dict.fromkeys(wanted, 0), _time(at))
    counting = _Counting(session, channel.name, at)
    counting.lock(rules, wanted, begin=True)
    left = dict(wanted)
    taken: list[tuple[Rule, dict[str, int]]] = []
    for rule in rules:
        given = counting.take(rule, rule.shares(left))
        left = rule.cut(left, given)
        taken.append((rule, given))
    for rule, given in taken:
        kept = rule.shares(left)
        counting.put_back(rule, {domain: count - kept.get(domain, 0) for domain, count in given.items()})
    return Granted(left, _time(at))


def give_back(session: Session, channel: Channel, unused: Mapping[str, int], at: datetime | None) -> None:
    """Return what was granted and did not leave; a window that was over meanwhile takes nothing back.

    :param channel: with the limits under which it was granted.
    :param at: :attr:`Granted.at`, without which nothing was counted.
    """
    if at is None or not any(unused.values()):
        return
    rules = in_force(channel.limits)
    counting = _Counting(session, channel.name, _milliseconds(at))
    counting.lock(rules, unused, begin=False)
    for rule in rules:
        counting.put_back(rule, rule.shares(unused))


def hold(session: Session, channel_name: str, domain: str, seconds: float, *, now: datetime | None = None) -> None:
    """Let a domain rest, or with an empty one the channel, because its server asks for it (E52)."""
    row = {"channel": channel_name, "domain": domain, "rule": _REST, "milliseconds": round(seconds * 1000)}
    session.execute(statements.rest(_dialect(session)), row | _clock(now))


def held(session: Session, channel: Channel, timezone: tzinfo, *, now: datetime | None = None) -> Held:
    """What has to wait, in one statement; a limit that was raised or taken away meanwhile holds nothing."""
    rows = session.execute(statements.HELD, {"of_channel": channel.name} | _clock(now)).all()
    rules = {rule.name: rule for rule in in_force(channel.limits)}
    domains = set()
    for row in rows:
        most = rules[row.rule].most(row.domain, row.started - row.since) if row.rule in rules else None
        if row.rule == _REST or (most is not None and row.used >= most):
            domains.add(row.domain)
    closed = not channel.limits.open_at(_time(rows[0].now), timezone)
    return Held(closed or "" in domains, frozenset(domains - {""}))


class _Counting:
    """The rows of a channel at a moment, in milliseconds on the database's clock."""

    def __init__(self, session: Session, channel_name: str, at: int) -> None:
        self._session, self._channel, self._at = session, channel_name, at
        self._dialect = _dialect(session)

    def lock(self, rules: list[Rule], counts: Mapping[str, int], *, begin: bool) -> None:
        """Nobody else counts in these rows until the transaction ends; new windows begin where others are over."""
        started = self._at if begin else 0
        rows = [
            {"domain": domain, "rule": rule.name, "started": started, "ends": started + rule.lasts}
            for rule in rules
            for domain in rule.shares(counts)
        ]
        if rows:
            self._run(statements.lock(self._dialect), rows, at=self._at)

    def take(self, rule: Rule, wanted: Mapping[str, int]) -> dict[str, int]:
        """As much of what is wanted as the rule's windows still hold."""
        if not wanted:
            return {}
        age = self._run(statements.AGE, of_rule=rule.name).scalar_one() if rule.name == DAY else 0
        rows = [{"domain": domain, "count": n, "most": rule.most(domain, age)} for domain, n in wanted.items()]
        # A pause is over so long after the last message, not after the first.
        lasts_until = self._at + rule.lasts if rule.name == BATCH else 0
        given = self._run(statements.take(self._dialect), rows, of_rule=rule.name, lasts_until=lasts_until)
        return dict.fromkeys(wanted, 0) | {domain: count for domain, count in given}

    def put_back(self, rule: Rule, unused: Mapping[str, int]) -> None:
        """Into the windows that had begun by then."""
        rows = [{"domain": domain, "count": count} for domain, count in unused.items() if count > 0]
        if rows:
            self._run(statements.put_back(self._dialect), rows, of_rule=rule.name, at=self._at)

    def _run(self, statement: Any, rows: list[dict[str, Any]] | None = None, **values: Any) -> Any:
        given = {"rows": json.dumps(rows)} if rows else {}
        return self._session.execute(statement, {"of_channel": self._channel, **given, **values})


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _clock(now: datetime | None) -> dict[str, int | None]:
    return {"now": None if now is None else _milliseconds(now)}


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _time(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
