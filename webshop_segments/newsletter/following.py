"""A sending that adds to an earlier one: the same choice of people, without those a message was meant for before (W49).

All that add to one sending name that first one, so that they and it are one family, in which nobody gets it twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from ..errors import Refused
from ..i18n import _
from ..segments.audience import Choice
from .models import Delivery, Dispatch
from .transitions import UNFINISHED


def first_of(dispatch: Dispatch) -> int:
    """The id of the sending a family began with."""
    return dispatch.follows_id or dispatch.id


def choice_of(dispatch: Dispatch) -> Choice:
    """What was chosen when a dispatch was started, without those its family served."""
    chosen = tuple(segment.segment_id for segment in dispatch.segments if not segment.excluded)
    excluded = tuple(segment.segment_id for segment in dispatch.segments if segment.excluded)
    choice = Choice(dispatch.channel, dispatch.everybody, chosen, dispatch.language, excluded)
    if dispatch.follows_id is None:
        return choice
    return replace(choice, served=_served(dispatch.follows_id, but=dispatch.id))


def choice_since(earlier: Dispatch) -> Choice:
    """The same people, without those who were served by it or by one that added to it."""
    return replace(choice_of(earlier), served=_served(first_of(earlier)))


def hold(session: Session, earlier: Dispatch) -> None:
    """Let only one sending at a time add to an earlier one (flushes).

    :raises Refused: (409) while one of the family is not over: it may reach the same people.
    """
    first = first_of(earlier)
    # A write takes the row, so that whoever presses the button beside us waits and then sees what we started.
    session.execute(
        update(Dispatch)
        .where(Dispatch.id == first)
        .values(failures=Dispatch.failures)
        .execution_options(synchronize_session=False)
    )
    ended(session, earlier)


def ended(session: Session, earlier: Dispatch) -> None:
    """:raises Refused: (409) while one of the family is not over."""
    family = _family(first_of(earlier))
    if session.scalar(select(Dispatch.id).where(family, Dispatch.status.in_(UNFINISHED)).limit(1)) is not None:
        raise Refused(_("This newsletter is still on its way to these people. Wait until it has ended."), status=409)


def _family(first: int) -> Any:
    return or_(Dispatch.id == first, Dispatch.follows_id == first)


def _served(first: int, but: int | None = None) -> Select[Any]:
    family = select(Dispatch.id).where(_family(first))
    if but is not None:
        family = family.where(Dispatch.id != but)
    columns: list[Any] = [Delivery.person_kind.label("kind"), Delivery.person_ref.label("ref"), Delivery.address_key]
    here = (Delivery.dispatch_id.in_(family), Delivery.status != "skipped", Delivery.number > 0)
    return select(*columns).where(*here)
