"""A mail server that remembers whom it said yes to, and real worker processes that send to it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from tests.shops import Shop
from webshop_segments.newsletter.models import Delivery, Dispatch

LEASE = 2.0


class Sink:
    """Takes its time for each message; while ``open`` is cleared it answers nothing."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.seconds = 0.004
        self.open = Event()
        self.open.set()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.open.wait(30)
        self.taken += envelope.rcpt_tos  # type: ignore[attr-defined]
        time.sleep(self.seconds)
        return "250 OK"


@contextmanager
def sink() -> Iterator[Sink]:
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, ready_timeout=10)
    controller.start()
    try:
        yield handler
    finally:
        handler.open.set()
        controller.stop()


@contextmanager
def worker(shop: Shop, sink: Sink, schema: str | None, lease: float = LEASE) -> Iterator[subprocess.Popen[str]]:
    """A process that has begun to work."""
    url = shop.plugin.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.newsletter.worker_process"]
    arguments = [url, str(sink.port), str(lease), schema or ""]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        try:
            yield process
        finally:
            process.kill()


def status(shop: Shop, dispatch_id: int) -> str | None:
    shop.session.rollback()
    return shop.session.scalar(select(Dispatch.status).where(Dispatch.id == dispatch_id))


def counts(shop: Shop, dispatch_id: int) -> dict[str, int]:
    """Deliveries by status."""
    shop.session.rollback()
    grouped = select(Delivery.status, func.count()).where(Delivery.dispatch_id == dispatch_id)
    return {status: count for status, count in shop.session.execute(grouped.group_by(Delivery.status))}


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
