"""How fast a channel may send: values only; they are counted in :mod:`.newsletter.limits.allowance`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo
from typing import Any

from .errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Limits:
    """What a mail server, a provider or good manners allow; None and empty mean without limit.

    :param per_second: messages in one second.
    :param per_hour: messages in one hour.
    :param per_domain: recipient domain → messages per minute, for example ``{"gmail.com": 300}``; "*" is each other.
    :param warm_up: messages on the channel's first day, the second, and so on; no limit after the last (E58).
    :param batch: after so many messages there is a pause of ``pause_seconds``.
    :param hours: from when to when messages may leave, in the shop's time zone; never through midnight.
    :raises ConfigurationError: when a value cannot be kept to.
    """

    per_second: int | None = None
    per_hour: int | None = None
    per_domain: Mapping[str, int] = field(default_factory=dict)
    warm_up: tuple[int, ...] = ()
    batch: int | None = None
    pause_seconds: float = 0
    hours: tuple[time, time] | None = None

    def __post_init__(self) -> None:
        for name in ("per_second", "per_hour", "batch"):
            if getattr(self, name) is not None:
                _check_count(name, getattr(self, name))
        for domain, count in self.per_domain.items():
            _check_count(f"per_domain[{domain!r}]", count)
            if domain != "*" and not (domain.isascii() and domain == domain.lower()):
                raise ConfigurationError(
                    f"Limits: per_domain names {domain!r}. Write domains as servers do, in small letters and "
                    'ASCII, for example "gmail.com" or "xn--mnchen-3ya.de".'
                )
        for day, count in enumerate(self.warm_up, 1):
            _check_count(f"warm_up of day {day}", count)
        if (self.batch is None) != (self.pause_seconds == 0) or self.pause_seconds < 0:
            raise ConfigurationError(
                "Limits: batch and pause_seconds belong together: give after how many messages there is a pause, "
                "and how many seconds it takes, or neither."
            )
        if self.hours is not None:
            start, end = self.hours
            if start.tzinfo or end.tzinfo or not start < end:
                raise ConfigurationError(
                    f"Limits: hours are from {start} to {end}. Give two times of one day without a time zone, the "
                    "earlier first, for example (time(8), time(20)); time.max is midnight."
                )

    def open_at(self, moment: datetime, timezone: tzinfo) -> bool:
        """Whether an aware moment lies in the sending hours, by the clock on the wall there."""
        return self.hours is None or self.hours[0] <= moment.astimezone(timezone).time() < self.hours[1]


def _check_count(name: str, count: Any) -> None:
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ConfigurationError(f"Limits: {name} is {count!r}. Give a whole number from 1, or leave it out.")
