"""The list of administrators: found by name, address, group and state (W10, W11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from . import accounts
from .models import Administrator

ACTIVE = "active"
INVITED = "invited"
BLOCKED = "blocked"
STATES = (ACTIVE, INVITED, BLOCKED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty text narrows nothing.

    :param words: each a part of the name, the address or the group.
    """

    words: str = ""
    group: str = ""
    state: str = ""

    def takes(self, one: Administrator) -> bool:
        """Whether an account belongs to the list."""
        text = f"{one.name} {one.email} {one.group_name}".casefold()
        return (
            all(word in text for word in self.words.casefold().split())
            and (not self.group or one.group_name.casefold() == self.group.casefold())
            and self.state in ("", state_of(one))
        )


def state_of(administrator: Administrator) -> str:
    """Blocked, invited (no password yet) or active."""
    if administrator.blocked_at is not None:
        return BLOCKED
    return ACTIVE if administrator.password_hash else INVITED


def find(session: Session, wanted: Wanted) -> tuple[list[Administrator], list[str]]:
    """The accounts wanted, the main administrator's first, and all groups there are to choose from."""
    everyone = accounts.everyone(session)
    return [one for one in everyone if wanted.takes(one)], _groups(everyone)


def _groups(administrators: Sequence[Administrator]) -> list[str]:
    """Each group once, as it was first written."""
    found: dict[str, str] = {}
    for one in administrators:
        if one.group_name:
            found.setdefault(one.group_name.casefold(), one.group_name)
    return [found[key] for key in sorted(found)]
