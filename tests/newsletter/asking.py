"""A worker that asks what may leave, at a time that the test sets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webshop_segments import MemoryChannel
from webshop_segments.limits import Limits
from webshop_segments.newsletter.limits import allowance
from webshop_segments.newsletter.limits.allowance import Granted, Held

BERLIN = ZoneInfo("Europe/Berlin")
NOTHING = Held(False, frozenset())
EVERYTHING = Held(True, frozenset())


class Asking:
    """Each question is a transaction of its own."""

    def __init__(self, session: Session, limits: Limits, channel: str = "email") -> None:
        self.session, self.channel = session, MemoryChannel(channel, limits=limits)
        self.now = datetime(2026, 11, 2, 9, tzinfo=UTC)

    def configure(self, limits: Limits) -> None:
        self.channel = MemoryChannel(self.channel.name, limits=limits)

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def grant(self, wanted: int | Mapping[str, int]) -> Granted:
        counts = {"a.example": wanted} if isinstance(wanted, int) else wanted
        granted = allowance.grant(self.session, self.channel, BERLIN, counts, now=self.now)
        self.session.commit()
        assert list(granted) == list(counts)
        return granted

    def count(self, wanted: int) -> int:
        return sum(self.grant(wanted).values())

    def give_back(self, count: int, granted: Granted, domain: str = "a.example", under: Limits | None = None) -> None:
        channel = MemoryChannel(self.channel.name, limits=under) if under else self.channel
        allowance.give_back(self.session, channel, {domain: count}, granted.at)
        self.session.commit()

    def hold(self, domain: str, seconds: float) -> None:
        allowance.hold(self.session, self.channel.name, domain, seconds, now=self.now)
        self.session.commit()

    def held(self) -> Held:
        return allowance.held(self.session, self.channel, BERLIN, now=self.now)
