"""Which dispatch a worker turns to, how it holds it, and what it does when one cannot go on."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from ... import clock
from ...db import database_now
from ...plugin import Plugin
from .. import deliveries, dispatches, results, scheduling
from ..models import Delivery, Dispatch
from ..transitions import DELIVERY, before
from . import claims, notice_mail

log = logging.getLogger(__name__)

MOST_FAILURES = 10
LONGEST_REST = timedelta(seconds=10)
"""A dispatch with nothing to send now is looked at again after this at the latest: another worker may have died."""


def take_over(session: Session, plugin: Plugin, lease_seconds: float) -> tuple[Dispatch, str] | None:
    """The dispatch to prepare next, now ``preparing`` under a lease of ours; None when there is none for us.

    One that is being prepared already is taken only when its worker has let go of it.
    """
    dispatch = session.scalar(
        select(Dispatch)
        .where(
            or_(
                scheduling.due(),
                (Dispatch.status == "preparing") & (Dispatch.lease_until < database_now()),
            )
        )
        .order_by(Dispatch.due_at, Dispatch.id)
        .limit(1)
    )
    if dispatch is None:
        return None
    lease_id = secrets.token_hex(16)
    taken = session.execute(
        update(Dispatch)
        .where(
            Dispatch.id == dispatch.id,
            Dispatch.status == dispatch.status,
            Dispatch.lease_id.is_not_distinct_from(dispatch.lease_id),
        )
        .values(status="preparing", lease_id=lease_id, lease_until=database_now(lease_seconds))
        .returning(Dispatch.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.expunge(dispatch)
    return (dispatch, lease_id) if taken else None


def hold(session: Session, dispatch_id: int, lease_id: str, lease_seconds: float) -> bool:
    """Hold on to a dispatch being prepared; False when it was cancelled or another worker has it."""
    held = session.execute(
        update(Dispatch)
        .where(Dispatch.id == dispatch_id, Dispatch.lease_id == lease_id, Dispatch.status == "preparing")
        .values(lease_until=database_now(lease_seconds))
        .returning(Dispatch.id)
        .execution_options(synchronize_session=False)
    )
    return held.first() is not None


def to_send(session: Session, channels: Sequence[str]) -> Sequence[Dispatch]:
    """The dispatches that may have something to send now, the least recently served first."""
    return session.scalars(
        select(Dispatch)
        .where(
            Dispatch.status == "sending",
            Dispatch.channel.in_(channels),
            or_(Dispatch.retry_at.is_(None), Dispatch.retry_at <= clock.now()),
        )
        .order_by(Dispatch.last_claimed_at.is_not(None), Dispatch.last_claimed_at, Dispatch.id)
    ).all()


def due(session: Session) -> Sequence[int]:
    """Ids of all dispatches a worker may do something for now."""
    return session.scalars(
        select(Dispatch.id).where(
            or_(
                scheduling.due(),
                (Dispatch.status == "preparing") & (Dispatch.lease_until < database_now()),
                (Dispatch.status == "sending") & or_(Dispatch.retry_at.is_(None), Dispatch.retry_at <= clock.now()),
            )
        )
    ).all()


def close(session: Session, dispatch_id: int) -> bool:
    """Finish a dispatch nothing is left of; else let it rest until the first of those who wait may be tried again."""
    if session.scalar(select(deliveries.none_left(dispatch_id))):
        return dispatches.move(session, dispatch_id, "finished", finished_at=clock.now())
    first = session.scalar(
        select(func.min(Delivery.not_before)).where(Delivery.dispatch_id == dispatch_id, Delivery.status == "queued")
    )
    rest = min(first or clock.now() + LONGEST_REST, clock.now() + LONGEST_REST)
    session.execute(
        update(Dispatch).where(Dispatch.id == dispatch_id, Dispatch.status == "sending").values(retry_at=rest)
    )
    return False


def release(
    sessions: sessionmaker[Session], dispatch_id: int, lease_id: str, claimed: Sequence[claims.Claimed]
) -> None:
    """Let go of a claim: what has not begun waits again, or is cancelled with its dispatch."""
    with sessions() as session:
        claims.give_back(session, dispatch_id, lease_id, claimed)
        if session.scalar(select(Dispatch.status).where(Dispatch.id == dispatch_id)) == "cancelled":
            deliveries.cancel(session, dispatch_id)
        session.commit()


def tidy(sessions: sessionmaker[Session]) -> None:
    """Cancel what is left of sendings that were cancelled not long ago, a slice at a time."""
    waiting = exists().where(Delivery.dispatch_id == Dispatch.id, Delivery.status.in_(before("cancelled", DELIVERY)))
    lately = Dispatch.finished_at > clock.now() - timedelta(days=1)
    with sessions() as session:
        found = session.scalars(select(Dispatch.id).where(Dispatch.status == "cancelled", lately, waiting)).all()
    for dispatch_id in found:
        done = False
        while not done:
            with sessions() as session:
                done = deliveries.cancel(session, dispatch_id)
                session.commit()


def calm(sessions: sessionmaker[Session], dispatch: Dispatch) -> None:
    """Forget the trouble there was: it sends again."""
    if dispatch.failures or dispatch.trouble:
        with sessions() as session:
            session.execute(
                update(Dispatch).where(Dispatch.id == dispatch.id).values(failures=0, trouble="", retry_at=None)
            )
            session.commit()


def trouble(
    sessions: sessionmaker[Session], plugin: Plugin, dispatch: Dispatch, sentence: str, *, permanent: bool
) -> None:
    """Wait and try again, longer each time; halt with an alarm when waiting does not help."""
    failures = dispatch.failures + 1
    # A server's answer may quote the recipient; a log is read by many.
    log.warning("dispatch %s: %s", dispatch.id, results.without_addresses(sentence))
    with sessions() as session:
        if permanent or failures >= MOST_FAILURES:
            if dispatches.move(session, dispatch.id, "halted", trouble=sentence[:500], failures=failures):
                notice_mail.alarm(session, plugin, dispatch, sentence)
        else:
            wait = min(timedelta(seconds=5) * 2 ** (failures - 1), timedelta(minutes=15))
            values = {"trouble": sentence[:500], "failures": failures, "retry_at": clock.now() + wait}
            session.execute(update(Dispatch).where(Dispatch.id == dispatch.id).values(**values))
        session.commit()
