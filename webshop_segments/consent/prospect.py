"""What publishing a version means for the consents given before, in people per channel (W25)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..directory.addresses import CHANNELS
from . import state
from .models import ConsentState, ConsentVersion
from .versions import MATERIAL

KEPT = "kept"
ASKED_AGAIN = "asked_again"
NEW = "new"
REMOVED = "removed"
ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Prospect:
    """What becomes of one channel's consents.

    :param fate: kept; asked_again (material change); new (nobody has it yet); removed (they stay or end, as the
        author says); ended (removed with a material change: nobody can renew them).
    :param people: whose consent counts now.
    :param outdated: whose consent has to be renewed already.
    :param pending: who have been asked to confirm and have not yet.
    """

    channel: str
    fate: str
    people: int
    outdated: int
    pending: int

    @property
    def concerned(self) -> int:
        """How many people have a consent or a request that could end."""
        return self.people + self.outdated + self.pending

    @property
    def undecided(self) -> bool:
        """Whether the author has to say if these consents stay or end."""
        return self.fate == REMOVED and self.concerned > 0


def prospects(session: Session, version: ConsentVersion) -> list[Prospect]:
    """One per channel that the version asks for or takes out; one statement per channel."""
    concerned = {*version.channels, *version.channels_removed}
    return [_prospect(session, version, channel) for channel in CHANNELS if channel in concerned]


def _prospect(session: Session, version: ConsentVersion, channel: str) -> Prospect:
    shown = state.status()
    counted = session.execute(select(shown, func.count()).where(ConsentState.channel == channel).group_by(shown))
    held = {status: count for status, count in counted}
    people, outdated = held.get(state.GRANTED, 0), held.get(state.NEEDS_RENEWAL, 0)
    return Prospect(channel, _fate(version, channel, people), people, outdated, held.get(state.PENDING, 0))


def _fate(version: ConsentVersion, channel: str, people: int) -> str:
    if channel in version.channels_removed:
        return ENDED if version.change == MATERIAL else REMOVED
    if not people and channel in version.channels_added:
        return NEW
    return ASKED_AGAIN if version.change == MATERIAL else KEPT
