"""Our engine on a database: a shop in which everybody has agreed, and workers as an operator starts them."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

import psutil
from sqlalchemy import func, select

from webshop_segments import MemoryChannel
from webshop_segments.access import COMMAND_LINE
from webshop_segments.errors import Refused
from webshop_segments.newsletter import deliveries, dispatches, newsletters
from webshop_segments.newsletter.engine.worker import Worker
from webshop_segments.newsletter.models import Delivery
from webshop_segments.newsletter.newsletters import Draft
from webshop_segments.plugin import EXTENSION, Plugin

from . import host
from .people import fill
from .persons import company_of
from .processes import started

SUBJECT = "{{ first_name }}, spring is when the workshop is full"
BODY = (Path(__file__).parent / "newsletter.html").read_text("utf-8")

_LOOKING_EVERY = 0.1
_AT_THE_START = 1.0
"""Seconds in which a worker that has started has tidied up and found nothing to do."""


class Engine:
    """A shop at an address.

    :param people: how many are made, in an empty database.
    :param members: how many of them are in the only segment, about.
    """

    def __init__(self, url: str, people: int, members: int = 0) -> None:
        self._url = os.environ["BENCH_DATABASE_URL"] = url
        self._app = host.create_app()
        with self._app.app_context():
            companies = company_of(members) if members else 0
            fill(host.db.engine, people=people, all_agree=True, segments=bool(members), members_per_segment=companies)
            host.db.engine.dispose()

    def letter(self) -> bytes:
        """One of the messages it sends, as it goes to the mail server."""
        channel = MemoryChannel("email")
        with self._app.app_context():
            self._begin([])
            worker = Worker(replace(self._plugin, channels={"email": channel}))
            worker.run_until_idle()
            worker.close()
        return channel.sent[0].content

    @contextmanager
    def workers(self, port: int, processes: int, connections: int) -> Iterator[psutil.Process]:
        """The real command while the block lasts; when it begins, each process is waiting for work.

        :param port: of the mail server, on this machine.
        :param connections: of each process to it.
        """
        command = f"-m flask --app benchmarks.host segments work --processes {processes}".split()
        environment = {
            "BENCH_DATABASE_URL": self._url,
            "BENCH_MAIL_PORT": str(port),
            "BENCH_CONNECTIONS": str(connections),
        }
        with started([sys.executable, *command], environment) as process:
            assert process.stdout
            ready = (line for line in process.stdout if b"is running" in line)
            if len(list(islice(ready, processes))) < processes:
                sys.exit("the workers did not start")
            time.sleep(_AT_THE_START)
            self._command = process
            yield psutil.Process(process.pid)

    def send(self, segments: Sequence[int] = (), *, seconds: float | None = None, warm_up: float = 0) -> float:
        """Messages per second of one dispatch, by the moments at which the database has them settled.

        :param segments: to whom; none means everybody.
        :param seconds: after so many the dispatch is cancelled; None: it runs to its end.
        :param warm_up: the seconds from the start of sending that are not counted.
        """
        with self._app.app_context():
            dispatch_id = self._begin(segments)
            self._wait(dispatch_id, seconds)
            rate = self._rate(dispatch_id, warm_up)
            if seconds:
                self._cancel(dispatch_id)
            return rate

    @property
    def _plugin(self) -> Plugin:
        plugin: Plugin = self._app.extensions[EXTENSION]
        return plugin

    def _begin(self, segments: Sequence[int]) -> int:
        session = self._plugin.session
        draft = Draft("Spring", BODY, SUBJECT, preheader="What workshops order in March")
        newsletter = newsletters.add(session, self._plugin.shop, "email", draft, COMMAND_LINE)
        key = secrets.token_hex(16)
        dispatch = dispatches.start(session, self._plugin, newsletter, segments, key, COMMAND_LINE, control_copy=False)
        session.commit()
        return dispatch.id

    def _wait(self, dispatch_id: int, seconds: float | None) -> None:
        session, until = self._plugin.session, None
        while True:
            dispatch = dispatches.get(session, dispatch_id)
            if dispatch.status == "halted":
                sys.exit(f"the dispatch halted: {dispatch.trouble}")
            if self._command.poll() is not None:
                sys.exit("the workers have ended")
            if dispatch.started_at and seconds and not until:
                until = time.monotonic() + seconds
            # A worker that finds nothing more lets the dispatch rest, while the last windows are under way elsewhere.
            settled = dispatch.retry_at and session.scalar(select(deliveries.none_left(dispatch_id)))
            done = dispatch.status == "finished" or settled or (until and time.monotonic() > until)
            session.rollback()
            if done:
                return
            time.sleep(_LOOKING_EVERY)

    def _rate(self, dispatch_id: int, warm_up: float) -> float:
        session = self._plugin.session
        settled = (
            select(Delivery.settled_at, func.count())
            .where(Delivery.dispatch_id == dispatch_id, Delivery.status == "sent")
            .group_by(Delivery.settled_at)
            .order_by(Delivery.settled_at)
        )
        windows = [(at, count) for at, count in session.execute(settled) if at]
        begun = dispatches.get(session, dispatch_id).started_at or windows[0][0]
        session.rollback()
        warm = [at for at, _ in windows[:-1] if warm_up and at >= begun + timedelta(seconds=warm_up)]
        since = warm[0] if warm else begun
        return sum(count for at, count in windows if at > since) / (windows[-1][0] - since).total_seconds()

    def _cancel(self, dispatch_id: int) -> None:
        session = self._plugin.session
        with suppress(Refused):
            dispatches.cancel(session, dispatches.get(session, dispatch_id), COMMAND_LINE)
        session.commit()
