"""Celery as the way out of one machine: messages only wake workers up, and what is to be done stands in the rows.

So a lost message costs seconds and a doubled one nothing. Needs the extra ``celery``.
"""

from __future__ import annotations

import logging
import mmap
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any

from celery import Celery, signals
from flask import Flask
from sqlalchemy import func, literal, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from . import stamp
from .newsletter.engine import duty
from .newsletter.engine.worker import Worker
from .newsletter.models import Delivery
from .plugin import plugin
from .signals import dispatch_changed

log = logging.getLogger(__name__)

QUEUE = "webshop_segments"
WORK = "webshop_segments.work"
SWEEP = "webshop_segments.sweep"
PUBLISHED = {"queue": QUEUE, "expires": 60.0}
"""Seconds; longer than the clocks of the machines differ, for a worker drops what has expired by its own clock."""

SWEEP_EVERY = 5.0
TURN_SECONDS = 5.0
"""A turn and the window in flight at its end fit into the ten seconds of a soft shutdown."""

MOST_MESSAGES = 100
ROWS_PER_MESSAGE = 500

_DATABASE = ("the database cannot be reached", OperationalError, InterfaceError)
_BROKER = ("the broker took no message", Exception)
"""Each transport has errors of its own, and no message is worth more than the work that goes on without it."""


def install(celery_app: Celery, flask_app: Flask) -> None:
    """Let the workers of a Celery app send what the newsletters of a Flask app want sent.

    Call it wherever the Flask app is made, in the web processes too: a sending then begins at once, and else with
    the next sweep. The tasks ``webshop_segments.work`` and ``webshop_segments.sweep`` run on the queue
    ``webshop_segments``, the second every five seconds by beat. No result backend is used. The Celery app is set to
    ``worker_prefetch_multiplier=1`` and ``worker_soft_shutdown_timeout=10``; set them after this to have others.

    :param flask_app: one with :class:`.WebshopSegments`.
    """
    celery_app.conf.worker_prefetch_multiplier = 1
    celery_app.conf.worker_soft_shutdown_timeout = 10.0
    hands, messages = Hands(flask_app), Messages(celery_app)

    def work(dispatch_id: int) -> None:
        with _or_next_time(*_DATABASE):
            if hands.turn():
                messages.wake(dispatch_id)

    def sweep() -> None:
        with _or_next_time(*_DATABASE):
            with flask_app.app_context():
                due, wanted = _wanted(plugin().session)
            messages.top_up(due, wanted - 1)
            # This process is awake already, and system messages have no dispatch that could wake another.
            hands.turn()

    def wake(_sender: Flask, *, dispatch_id: int, status: str) -> None:
        if status in ("scheduled", "sending"):
            # With its broker down Celery tries for six seconds; a web request waits for none of them.
            threading.Thread(target=messages.wake, args=(dispatch_id,), name="wake-up", daemon=True).start()

    class Short(celery_app.Task):  # type: ignore[misc]
        """A task that beat goes on publishing while all workers are away."""

        def apply_async(self, *arguments: Any, **options: Any) -> Any:
            messages.keep_short()
            return super().apply_async(*arguments, **options)

    # Not "shared": a process may hold several Celery apps, each with the tasks of its own Flask app.
    settings = {"shared": False, "acks_late": True, "reject_on_worker_lost": True, "ignore_result": True}
    celery_app.task(name=WORK, **settings)(work)
    celery_app.task(name=SWEEP, base=Short, **settings)(sweep)
    celery_app.add_periodic_task(SWEEP_EVERY, celery_app.signature(SWEEP), name=SWEEP, **PUBLISHED)
    signals.worker_process_init.connect(hands.forget_the_parents, weak=False)
    signals.worker_process_shutdown.connect(hands.close, weak=False)
    signals.worker_shutting_down.connect(hands.finish, weak=False)
    dispatch_changed.connect(wake, sender=flask_app, weak=False)


class Hands:
    """What one process works with: a single :class:`.Worker`, made when the first message comes."""

    def __init__(self, flask_app: Flask, *, turn_seconds: float = TURN_SECONDS) -> None:
        self._flask_app, self._turn_seconds = flask_app, turn_seconds
        self._made_in = os.getpid()
        self._worker: Worker | None = None
        self._busy = threading.Lock()
        # Shared with the children a worker forks, and without a lock that a killed child could take along.
        self._finishing = mmap.mmap(-1, 1)

    def turn(self) -> bool:
        """Do what can be done, for a time; True when there may be more. One thread of a process does it at a time.

        :raises ConfigurationError: when keys or WSS_PUBLIC_URL are not those used before.
        """
        if not self._busy.acquire(blocking=False):
            return False
        try:
            with self._flask_app.app_context():
                self._worker = self._worker or self._make()
                return self._worker.work_for(self._turn_seconds)
        finally:
            self._busy.release()

    def forget_the_parents(self, **_: Any) -> None:
        """A connection opened before the fork is the parent's, which goes on using it."""
        with self._flask_app.app_context():
            for engine in plugin().database.engines.values():
                engine.dispose(close=os.getpid() == self._made_in)

    def finish(self, **_: Any) -> None:
        """All processes of this worker end their turns with what is in flight."""
        self._finishing[0] = 1

    def close(self, **_: Any) -> None:
        """Give the connections back."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _make(self) -> Worker:
        wired, stop = plugin(), threading.Event()
        stamp.verify(wired.session, wired.keys, wired.settings)
        wired.session.commit()
        threading.Thread(target=self._watch, args=(stop,), name="stop", daemon=True).start()
        return Worker(wired, stop=stop)

    def _watch(self, stop: threading.Event) -> None:
        while not self._finishing[0]:
            time.sleep(0.2)
        stop.set()


class Messages:
    """The wake-ups in the broker's queue: few, whatever happens. While the broker is away there are none."""

    def __init__(self, celery_app: Celery) -> None:
        self._celery_app = celery_app

    def wake(self, dispatch_id: int) -> None:
        """Tell some worker that there is something to do; it chooses itself which dispatch is served next."""
        with _or_next_time(*_BROKER):
            self._publish(dispatch_id)

    def top_up(self, due: list[int], wanted: int) -> None:
        """See to it that so many messages wait, each for one of the due dispatches in turn."""
        with _or_next_time(*_BROKER):
            missing = min(wanted, MOST_MESSAGES) - (self._waiting() if due else 0)
            for dispatch_id in islice(cycle(due), max(missing, 0)):
                self._publish(dispatch_id)

    def keep_short(self) -> None:
        """Empty the queue where nobody else does."""
        with _or_next_time(*_BROKER):
            if self._waiting() > 2 * MOST_MESSAGES:
                with self._celery_app.connection_or_acquire() as connection:
                    self._celery_app.amqp.queues[QUEUE].bind(connection.default_channel).purge()

    def _publish(self, dispatch_id: int) -> None:
        self._celery_app.tasks[WORK].apply_async((dispatch_id,), retry=False, **PUBLISHED)

    def _waiting(self) -> int:
        with self._celery_app.connection_or_acquire() as connection:
            queue = self._celery_app.amqp.queues[QUEUE].bind(connection.default_channel)
            return int(queue.queue_declare().message_count)


@contextmanager
def _or_next_time(fault: str, *errors: type[Exception]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        log.warning("%s, the next sweep tries again: %s", fault, str(error).partition("\n")[0])


def _wanted(session: Session) -> tuple[list[int], int]:
    """The dispatches that are due, and how many workers they could keep busy."""
    due = list(duty.due(session))
    queued = select(literal(1)).where(Delivery.dispatch_id.in_(due), Delivery.status == "queued")
    rows = queued.limit(MOST_MESSAGES * ROWS_PER_MESSAGE).subquery()
    return due, len(due) + (session.scalar(select(func.count()).select_from(rows)) or 0) // ROWS_PER_MESSAGE
