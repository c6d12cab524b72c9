"""Each recipient of a dispatch and what became of the message: filtered, searched, page by page (W49)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, union
from sqlalchemy.orm import Session

from ..consent.models import ConsentState
from ..directory.addresses import normalise
from ..plugin import Plugin
from .models import Delivery, Dispatch

CODES = 10
""""550 5.7.26": what follows in a server's reply may name the recipient."""

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class View:
    """Which recipients: of one status, left out or refused for one reason, with one address; None for all."""

    status: str | None = None
    reason: str | None = None
    address_key: str | None = None


def address_key(plugin: Plugin, channel: str, typed: str) -> str:
    """The key of an address as an administrator types it.

    :raises Refused: for what is no address.
    """
    return plugin.keys.address_key(channel, normalise(channel, typed, plugin.settings.default_country))


def page(
    session: Session, dispatch: Dispatch, view: View, after: int = -1, size: int = 50
) -> tuple[Sequence[Delivery], int | None]:
    """Deliveries by number, and what to continue after, None at the end."""
    behind = select(Delivery).where(*_conditions(dispatch, view), Delivery.number > after)
    rows: Sequence[Delivery] = ()
    if view == View():
        # Numbers have no gap: a database without statistics of the dispatch would else read and sort all of it.
        here = behind.where(Delivery.number <= after + size + 2)
        rows = session.scalars(here.order_by(Delivery.number).limit(size + 1)).all()
    if len(rows) <= size:
        rows = session.scalars(behind.order_by(Delivery.number).limit(size + 1)).all()
    return rows[:size], rows[size - 1].number if len(rows) > size else None


def whole(session: Session, dispatch: Dispatch, view: View) -> Iterator[Delivery]:
    """All of them, some at a time."""
    after: int | None = -1
    while after is not None:
        rows, after = page(session, dispatch, view, after, AT_ONCE)
        yield from rows
        for row in rows:
            session.expunge(row)


def _conditions(dispatch: Dispatch, view: View) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Delivery.dispatch_id == dispatch.id]
    if view.status:
        found.append(Delivery.status == view.status)
    if view.reason:
        found.append(or_(Delivery.reason == view.reason, func.substr(Delivery.reason, 1, CODES) == view.reason))
    if view.address_key:
        found.append(_at_address(dispatch, view.address_key))
    return found


def _at_address(dispatch: Dispatch, address_key: str) -> ColumnElement[bool]:
    """By index: those who were to get it by their address, the others by whoever has that address now."""
    ours = (Delivery.dispatch_id == dispatch.id, Delivery.address_key == address_key)
    holders = select(ConsentState.person_ref).where(
        ConsentState.channel == dispatch.channel, ConsentState.address_key == address_key
    )
    written_to = select(Delivery.number).where(*ours, Delivery.status != "skipped")
    left_out = select(Delivery.number).where(*ours, Delivery.status == "skipped", Delivery.person_ref.in_(holders))
    return Delivery.number.in_(union(written_to, left_out).scalar_subquery())
