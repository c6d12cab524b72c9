"""Along which states dispatches and deliveries move, and no others."""

from __future__ import annotations

DELIVERY: dict[str, frozenset[str]] = {
    "queued": frozenset({"claimed", "cancelled"}),
    "claimed": frozenset({"sending", "skipped", "queued", "cancelled"}),
    "sending": frozenset({"sent", "bounced", "failed", "queued", "unknown"}),
    "unknown": frozenset({"sent", "bounced", "failed", "queued"}),
    "sent": frozenset({"delivered", "bounced", "complained"}),
    "delivered": frozenset({"bounced"}),
}
"""As in the glossary; ``unknown`` goes back to the queue only by an administrator's word."""

LEASED = ("claimed", "sending")
"""States in which a worker holds the row; every move out of them by a worker tests its lease."""

UNDER_WAY = ("queued", "claimed", "sending")
"""States after which a dispatch is not finished."""

DISPATCH: dict[str, frozenset[str]] = {
    "scheduled": frozenset({"preparing", "cancelled"}),
    "preparing": frozenset({"sending", "cancelled"}),
    "sending": frozenset({"paused", "halted", "finished", "cancelled"}),
    "paused": frozenset({"sending", "cancelled"}),
    "halted": frozenset({"sending", "cancelled"}),
}

UNFINISHED = tuple(DISPATCH)
"""States in which a dispatch still needs its segments."""


def before(state: str, table: dict[str, frozenset[str]]) -> list[str]:
    """From which states one may be reached: the WHERE of its UPDATE."""
    return [source for source, targets in table.items() if state in targets]
