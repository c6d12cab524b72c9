"""The worker: system messages first, then whatever dispatch is due, a window at a time, until it is told to stop."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import QueuePool, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from .. import clock, stamp
from ..channel import Channel
from ..db import database_now, worker_engine
from ..errors import ChannelError, Refused
from ..i18n import _, in_language
from ..plugin import Plugin
from ..segments import sweep
from . import deliveries, dispatches, notice_mail, preparation
from .message import CompiledMessage
from .models import Dispatch
from .window import OurFault, Window

log = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
WINDOWS_PER_CLAIM = 5
MOST_FAILURES = 10
SWEEP_EVERY = 3600.0
FAULT_SECONDS = 5.0
_RECOVER_EVERY = 2.0


class Worker:
    """One process's work. Rows are the truth: any number of workers may run, and any may die at any moment.

    :param lease_seconds: how long a row stays with a worker nobody has heard from.
    """

    def __init__(self, plugin: Plugin, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._plugin = plugin
        self._lease_seconds = lease_seconds
        self._engine = worker_engine(plugin.engine)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        self._stop = threading.Event()
        self._swept = self._recovered = 0.0

    def run(self, stop: threading.Event, idle_seconds: float = 0.5) -> None:
        """Work until ``stop`` is set; what is in flight then is finished first.

        :raises ConfigurationError: at the start, when keys or WSS_PUBLIC_URL are not those used before.
        """
        try:
            with self._sessions() as session:
                stamp.verify(session, self._plugin.keys, self._plugin.settings)
                session.commit()
            self._stop = stop
            while not stop.is_set():
                try:
                    busy = self.step()
                except Exception:
                    # The database may be restarting; the rows say where to go on.
                    log.exception("the worker could not go on and tries again in %s seconds", FAULT_SECONDS)
                    stop.wait(FAULT_SECONDS)
                else:
                    if not busy:
                        stop.wait(idle_seconds)
        finally:
            self.close()

    def run_until_idle(self) -> None:
        """Do everything that can be done now."""
        while self.step():
            pass

    def close(self) -> None:
        """Give the database connections back."""
        self._engine.dispose()

    def connections_in_use(self) -> int:
        """How many database connections are out; none while a provider is talked to."""
        return cast(QueuePool, self._engine.pool).checkedout()

    def step(self) -> bool:
        """One piece of work; False when there was none."""
        self._look_after()
        # A host's locale_selector may ask the request, and a worker has none.
        with in_language(None, self._plugin.settings.default_locale):
            return self._work()

    def _work(self) -> bool:
        return notice_mail.deliver(self._sessions, self._plugin, self._lease_seconds) or self._prepare() or self._send()

    def _look_after(self) -> None:
        now = time.monotonic()
        if now - self._recovered >= _RECOVER_EVERY or not self._recovered:
            self._recovered = now
            with self._sessions() as session:
                deliveries.recover(session)
                session.commit()
        if now - self._swept >= SWEEP_EVERY or not self._swept:
            self._swept = now
            with self._sessions() as session:
                sweep.sweep(session, self._plugin)
                session.commit()

    def _prepare(self) -> bool:
        with self._sessions() as session:
            dispatch = _next(session, "scheduled") or _next(session, "preparing")
            if dispatch is None or not _take_over(session, dispatch, self._lease_seconds):
                return False
            lease_id = str(dispatch.lease_id)
            session.expunge(dispatch)
            session.commit()
        for _slice in preparation.prepare(self._sessions, self._plugin, dispatch):
            with self._sessions() as session:
                held = session.execute(_hold(dispatch.id, lease_id, self._lease_seconds)).first()
                session.commit()
            if held is None:
                log.warning("dispatch %s was cancelled, or another worker prepares it", dispatch.id)
                return True
        with self._sessions() as session:
            dispatches.move(session, dispatch.id, "sending", held_under=lease_id, started_at=clock.now())
            session.commit()
        log.info("dispatch %s prepared", dispatch.id)
        return True

    def _send(self) -> bool:
        with self._sessions() as session:
            dispatch = session.scalar(
                select(Dispatch)
                .where(
                    Dispatch.status == "sending",
                    or_(Dispatch.retry_at.is_(None), Dispatch.retry_at <= clock.now()),
                )
                .order_by(Dispatch.last_claimed_at.is_not(None), Dispatch.last_claimed_at, Dispatch.id)
                .limit(1)
            )
            if dispatch is None:
                return False
            channel = self._plugin.channels[dispatch.channel]
            size = channel.window * WINDOWS_PER_CLAIM
            lease_id, claimed = deliveries.claim(session, dispatch.id, size, self._lease_seconds)
            session.execute(update(Dispatch).where(Dispatch.id == dispatch.id).values(last_claimed_at=database_now()))
            session.commit()
        if not claimed:
            return self._finish(dispatch)
        self._work_off(dispatch, channel, lease_id, claimed)
        return True

    def _work_off(self, dispatch: Dispatch, channel: Channel, lease_id: str, claimed: list[deliveries.Claimed]) -> None:
        try:
            window = Window(self._sessions, self._plugin, dispatch, self._compile(dispatch), self._lease_seconds)
            with channel.open() as sender:
                for start in range(0, len(claimed), channel.window):
                    if self._stop.is_set() or not self._still_sending(dispatch):
                        break
                    window.send(sender, lease_id, claimed[start : start + channel.window])
            self._calm(dispatch)
        except ChannelError as error:
            self._trouble(dispatch, str(error), permanent=error.permanent)
        except (OurFault, Refused) as error:
            self._trouble(dispatch, str(error), permanent=True)
        except Exception:
            log.exception("dispatch %s stopped by a fault of ours", dispatch.id)
            self._trouble(dispatch, _("A fault in the program itself; the log says which."), permanent=True)
        finally:
            with self._sessions() as session:
                deliveries.give_back(session, dispatch.id, lease_id)
                session.commit()

    def _compile(self, dispatch: Dispatch) -> dict[str, CompiledMessage]:
        keys, settings = self._plugin.keys, self._plugin.settings
        copy = CompiledMessage(dispatch, keys, settings, mark=_("[Copy]") + " ")
        return {"people": CompiledMessage(dispatch, keys, settings), "control": copy}

    def _still_sending(self, dispatch: Dispatch) -> bool:
        with self._sessions() as session:
            return session.scalar(select(Dispatch.status).where(Dispatch.id == dispatch.id)) == "sending"

    def _finish(self, dispatch: Dispatch) -> bool:
        with self._sessions() as session:
            if not session.scalar(select(deliveries.none_left(dispatch.id))):
                return False
            moved = dispatches.move(session, dispatch.id, "finished", finished_at=clock.now())
            session.commit()
        log.info("dispatch %s finished", dispatch.id)
        return moved

    def _calm(self, dispatch: Dispatch) -> None:
        if dispatch.failures or dispatch.trouble:
            with self._sessions() as session:
                session.execute(
                    update(Dispatch).where(Dispatch.id == dispatch.id).values(failures=0, trouble="", retry_at=None)
                )
                session.commit()

    def _trouble(self, dispatch: Dispatch, sentence: str, *, permanent: bool) -> None:
        """Wait and try again, longer each time; halt with an alarm when waiting does not help."""
        failures = dispatch.failures + 1
        log.warning("dispatch %s: %s", dispatch.id, sentence)
        with self._sessions() as session:
            if permanent or failures >= MOST_FAILURES:
                if dispatches.move(session, dispatch.id, "halted", trouble=sentence[:500], failures=failures):
                    notice_mail.alarm(session, self._plugin, dispatch, sentence)
            else:
                wait = min(timedelta(seconds=5) * 2 ** (failures - 1), timedelta(minutes=15))
                values = {"trouble": sentence[:500], "failures": failures, "retry_at": clock.now() + wait}
                session.execute(update(Dispatch).where(Dispatch.id == dispatch.id).values(**values))
            session.commit()


def _next(session: Session, status: str) -> Dispatch | None:
    """The dispatch due first; one being prepared only when its worker has let go of it."""
    found = select(Dispatch).where(Dispatch.status == status).order_by(Dispatch.due_at, Dispatch.id).limit(1)
    if status == "scheduled":
        return session.scalar(found.where(Dispatch.due_at <= clock.now()))
    return session.scalar(found.where(Dispatch.lease_until < database_now()))


def _take_over(session: Session, dispatch: Dispatch, lease_seconds: float) -> bool:
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
    )
    if taken.first() is None:
        return False
    dispatch.lease_id = lease_id
    return True


def _hold(dispatch_id: int, lease_id: str, lease_seconds: float) -> Any:
    return (
        update(Dispatch)
        .where(Dispatch.id == dispatch_id, Dispatch.lease_id == lease_id, Dispatch.status == "preparing")
        .values(lease_until=database_now(lease_seconds))
        .returning(Dispatch.id)
        .execution_options(synchronize_session=False)
    )
