"""What a provider's answer means for a delivery, and when its answers together stop a dispatch (E50 to E55)."""

from __future__ import annotations

from collections.abc import Iterable

from ...channel import Accepted, Outcome, Rejected, Unknown
from ..deliveries import Settled

MOST_ATTEMPTS = 12
FIRST_DELAY = 60
"""Seconds; doubled with each attempt, twelve attempts are nearly three days (E51)."""

MOST_BLAMES = 3
"""One server's policy against us may concern one recipient; so many in a window concern the shop (E53)."""

MOST_REFUSED = 50
"""So many refused recipients in a row are no chance: the list is stale, or somebody refuses us in other words."""

HOLD_SECONDS = 600.0
"""How long a domain rests whose server finds us too fast (E52)."""


class OurFault(Exception):
    """The provider refused something about the shop itself; no recipient is to blame."""


def judged(outcome: Outcome, attempts: int) -> Settled:
    """What becomes of a delivery that was tried ``attempts`` times before."""
    if isinstance(outcome, Accepted):
        return Settled("sent", provider_id=outcome.provider_id)
    reason = outcome.reason[:255]
    if isinstance(outcome, Unknown):
        return Settled("unknown", reason)
    if outcome.permanent and not outcome.about_us:
        return Settled("bounced", reason)
    if attempts + 1 >= MOST_ATTEMPTS:
        return Settled("failed", reason)
    return Settled("queued", reason, wait=FIRST_DELAY * 2**attempts)


def asks_for_rest(outcome: Outcome) -> bool:
    """Whether a server answers that we are too fast for it, or not welcome for now."""
    if not isinstance(outcome, Rejected) or outcome.permanent:
        return False
    return outcome.about_us and outcome.reason.startswith("4")


class Streak:
    """The answers of one claim, in the order they came."""

    def __init__(self) -> None:
        self._refused = 0

    def heed(self, outcomes: Iterable[Outcome]) -> None:
        """:raises OurFault: when a window's answers blame us, or too many recipients in a row were refused."""
        blamed: list[str] = []
        accepted = False
        for outcome in outcomes:
            if isinstance(outcome, Accepted):
                accepted, self._refused = True, 0
            elif isinstance(outcome, Rejected) and outcome.permanent:
                blamed += [outcome.reason] if outcome.about_us else []
                self._refused += 1
                if self._refused >= MOST_REFUSED:
                    raise OurFault(outcome.reason)
        if len(blamed) >= MOST_BLAMES or (blamed and not accepted):
            raise OurFault(blamed[0])
