"""How fast a channel may send: values only; they are counted in :mod:`.newsletter.allowance`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time


@dataclass(frozen=True, slots=True)
class Limits:
    """What a mail server, a provider or good manners allow; None and empty mean without limit.

    :param per_second: messages in one second.
    :param per_hour: messages in one hour.
    :param per_domain: recipient domain → messages per minute, for example ``{"gmail.com": 300}``; "*" is each other.
    :param warm_up: messages on the channel's first day, the second, and so on; no limit after the last (E58).
    :param batch: after so many messages there is a pause of ``pause_seconds``.
    :param hours: from when to when messages may leave, in the shop's time zone; never through midnight.
    """

    per_second: int | None = None
    per_hour: int | None = None
    per_domain: Mapping[str, int] = field(default_factory=dict)
    warm_up: tuple[int, ...] = ()
    batch: int | None = None
    pause_seconds: float = 0
    hours: tuple[time, time] | None = None
