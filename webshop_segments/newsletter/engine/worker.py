"""The worker: system messages first, then whatever dispatch is due, a claim at a time, until it is told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

from sqlalchemy import QueuePool
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import sessionmaker

from ... import clock, stamp
from ...channel import Channel, Message, Outcome
from ...db import worker_engine
from ...errors import ChannelError, Refused
from ...i18n import _, in_language
from ...plugin import Plugin
from ...segments import sweep
from ...subscribers import imports, work
from .. import dispatches, scheduling
from ..limits import allowance
from ..models import Dispatch
from . import claims, duty, notice_mail, preparation
from .claims import Claimed
from .flight import Flight
from .lines import Lines
from .outcomes import OurFault
from .sending import Sending
from .window import Window

log = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
SWEEP_EVERY = 3600.0
FAULT_SECONDS = 2.0
_RECOVER_EVERY = 2.0
_HELD_SECONDS = 0.1
"""How soon to look again where a limit holds something: later would waste a part of each second of the limit."""


class Worker:
    """One process's work. Rows are the truth: any number of workers may run, and any may die at any moment.

    :param lease_seconds: how long a row stays with a worker nobody has heard from.
    :param stop: when set, what is in flight is finished and nothing else begun.
    """

    def __init__(
        self, plugin: Plugin, *, lease_seconds: float = LEASE_SECONDS, stop: threading.Event | None = None
    ) -> None:
        self._plugin = plugin
        self._lease_seconds = lease_seconds
        self._stop = stop or threading.Event()
        self._engine = worker_engine(plugin.engine)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sending")
        self._lines = Lines(plugin)
        self._swept = self._recovered = 0.0
        self._held = False

    def run(self, idle_seconds: float = 0.5) -> None:
        """Work until told to stop.

        :raises ConfigurationError: at the start, when keys or WSS_PUBLIC_URL are not those used before.
        """
        try:
            with self._sessions() as session:
                stamp.verify(session, self._plugin.keys, self._plugin.settings)
                session.commit()
            while not self._stop.is_set():
                try:
                    busy = self.step()
                except Exception:
                    # The database may be restarting; the rows say where to go on.
                    log.exception("the worker could not go on and tries again in %s seconds", FAULT_SECONDS)
                    self._stop.wait(FAULT_SECONDS)
                else:
                    if not busy:
                        self._lines.close_idle()
                        self._stop.wait(_HELD_SECONDS if self._held else idle_seconds)
        finally:
            self.close()

    def work_for(self, seconds: float) -> bool:
        """Do what can be done now, for a time; True when there may be more."""
        until = time.monotonic() + seconds
        while self.step():
            if self._stop.is_set() or time.monotonic() > until:
                return True
        self._lines.close()
        return False

    def run_until_idle(self) -> None:
        """Do everything that can be done now."""
        while self.step():
            pass

    def close(self) -> None:
        """Give the connections back."""
        self._pool.shutdown()
        self._lines.close()
        self._engine.dispose()

    def connections_in_use(self) -> int:
        """How many database connections are out; while a provider is talked to, none is in a transaction."""
        return cast(QueuePool, self._engine.pool).checkedout()

    def step(self) -> bool:
        """One piece of work; False when there was none."""
        self._look_after()
        # A host's locale_selector may ask the request, and a worker has none.
        with in_language(None, self._plugin.settings.default_locale):
            return self._work()

    def _work(self) -> bool:
        return (
            notice_mail.deliver(self._sessions, self._plugin, self._lease_seconds, self._send_now)
            or self._prepare()
            or any([self._import(), self._send()])
        )

    def _import(self) -> bool:
        """A slice, beside each claim: neither waits for the end of the other."""
        with self._sessions() as session:
            busy = work.step(session, self._plugin)
            session.commit()
        return busy

    def _send_now(self, channel: Channel, messages: Sequence[Message], until: float) -> list[Outcome]:
        """:raises BaseException: whatever ended the channel's sending."""
        flight = Flight(self._pool, self._lines.open(channel), messages, until)
        error = flight.land(self._stop)
        if error is not None:
            self._lines.drop(channel)
            raise error
        return flight.answers

    def _look_after(self) -> None:
        now = time.monotonic()
        if now - self._recovered >= _RECOVER_EVERY or not self._recovered:
            self._recovered = now
            with self._sessions() as session:
                claims.recover(session)
                scheduling.ask(session, self._plugin)
                session.commit()
            duty.tidy(self._sessions)
        if now - self._swept >= SWEEP_EVERY or not self._swept:
            self._swept = now
            with self._sessions() as session:
                sweep.sweep(session, self._plugin)
                imports.sweep(session)
                session.commit()

    def _prepare(self) -> bool:
        with self._sessions() as session:
            taken = duty.take_over(session, self._plugin, self._lease_seconds)
            session.commit()
        if taken is None:
            return False
        dispatch, lease_id = taken
        for _slice in preparation.prepare(self._sessions, self._plugin, dispatch):
            with self._sessions() as session:
                held = duty.hold(session, dispatch.id, lease_id, self._lease_seconds)
                session.commit()
            if not held:
                log.warning("dispatch %s was cancelled, or another worker prepares it", dispatch.id)
                return True
        with self._sessions() as session:
            dispatches.move(session, dispatch.id, "sending", held_under=lease_id, started_at=clock.now())
            session.commit()
        return True

    def _send(self) -> bool:
        """Serve the dispatch least recently served that has something to send now."""
        with self._sessions() as session:
            held = {
                channel.name: allowance.held(session, channel, self._plugin.settings.timezone)
                for channel in self._plugin.channels.values()
            }
            waiting = duty.to_send(session, [name for name, one in held.items() if not one.everything])
        self._held = any(one.everything or one.domains for one in held.values())
        return any(self._serve(dispatch, held[dispatch.channel].domains) for dispatch in waiting)

    def _serve(self, dispatch: Dispatch, held_domains: frozenset[str]) -> bool:
        channel = self._plugin.channels[dispatch.channel]
        until = time.monotonic() + self._lease_seconds / 2
        with self._sessions() as session:
            size = self._lines.pace(channel).claim(self._lease_seconds)
            lease_id, claimed = claims.claim(session, dispatch.id, size, self._lease_seconds, held_domains)
            done = not claimed and duty.close(session, dispatch.id)
            session.commit()
        if claimed:
            self._work_off(dispatch, channel, lease_id, claimed, until)
        return bool(claimed) or done

    def _work_off(
        self, dispatch: Dispatch, channel: Channel, lease_id: str, claimed: list[Claimed], until: float
    ) -> None:
        trouble = partial(duty.trouble, self._sessions, self._plugin, dispatch)
        try:
            compiled = self._lines.compiled(dispatch)
            window = Window(self._sessions, self._plugin, dispatch, compiled, lease_id, self._lease_seconds)
            sending = Sending(
                window,
                self._lines.open(channel),
                self._lines.pace(channel),
                self._pool,
                until=until,
                stop=self._stop,
            )
            sending.work_off(claimed)
            duty.calm(self._sessions, dispatch)
        except (OperationalError, InterfaceError):
            # The database is away, not the dispatch in trouble.
            raise
        except ChannelError as error:
            self._lines.drop(channel)
            trouble(str(error), permanent=error.permanent)
        except (OurFault, Refused) as error:
            trouble(str(error), permanent=True)
        except Exception:
            self._lines.drop(channel)
            log.exception("dispatch %s stopped by a fault of ours", dispatch.id)
            trouble(_("A fault in the program itself; the log says which."), permanent=True)
        finally:
            duty.release(self._sessions, dispatch.id, lease_id, claimed)
