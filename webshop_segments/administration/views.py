"""Which columns of a list each administrator wants to see (W5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from ..access import Actor
from ..db import insert_new
from ..errors import Refused
from ..i18n import _
from .models import ViewChoice


def columns(session: Session, by: Actor, view: str, known: Sequence[str], default: Collection[str]) -> list[str]:
    """The columns to show, in the order of ``known``; those of the default where nothing was chosen.

    :param view: the list's name, for example ``segment.members``; 40 characters at most.
    """
    choice = session.get(ViewChoice, (by.label, view))
    wanted = default if choice is None else choice.columns
    return [name for name in known if name in wanted]


def choose(session: Session, by: Actor, view: str, chosen: Collection[str], known: Sequence[str]) -> None:
    """Keep an administrator's choice (flushes).

    :raises Refused: (422) for a column that the list does not have.
    """
    if unknown := set(chosen) - set(known):
        raise Refused(_("There is no column “%(name)s”. Choose the columns again.", name=min(unknown)[:40]))
    kept = {"columns": [name for name in known if name in chosen]}
    insert_new(session, ViewChoice, [{"actor": by.label, "view": view, **kept}])
    session.execute(update(ViewChoice).where(ViewChoice.actor == by.label, ViewChoice.view == view).values(**kept))


def restore(session: Session, by: Actor, view: str) -> None:
    """Show the default again."""
    session.execute(delete(ViewChoice).where(ViewChoice.actor == by.label, ViewChoice.view == view))
