"""The time at the shop, and the times that may be chosen for a sending."""

from __future__ import annotations

from typing import Any

from .. import clock
from ..newsletter import scheduling
from ..plugin import plugin

LOCAL = "%Y-%m-%dT%H:%M"
"""As <input type=datetime-local> writes a time."""


def times() -> dict[str, Any]:
    """What the field for a time needs."""
    now, timezone = clock.now(), plugin().settings.timezone
    bounds = [time.astimezone(timezone).strftime(LOCAL) for time in (now, now + scheduling.FARTHEST)]
    return {"clock": now, "earliest": bounds[0], "latest": bounds[1], "timezone": timezone.key}
