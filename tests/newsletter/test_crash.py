"""A worker killed in the middle of a dispatch loses nobody and nobody is mailed twice."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from tests.shops import Shop
from webshop_segments.newsletter.models import Delivery, Dispatch

PEOPLE = 400
LEASE = 2.0


class Sink:
    """A mail server that takes its time and remembers every address it said yes to."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.port = 0

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.taken += envelope.rcpt_tos  # type: ignore[attr-defined]
        time.sleep(0.004)
        return "250 OK"


@pytest.fixture
def sink() -> Iterator[Sink]:
    handler = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, ready_timeout=10)
    controller.start()
    yield handler
    controller.stop()


@pytest.mark.rule("E54")
def test_a_killed_worker_loses_nobody_and_doubles_nobody(shop: Shop, host_schema: str | None, sink: Sink) -> None:
    shop.publish()
    for number in range(PEOPLE):
        shop.agreed(f"person{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)

    with _worker(shop, sink, host_schema) as first:
        _wait_for(lambda: len(sink.taken) > PEOPLE // 4)
        first.kill()
        first.wait()
    assert len(sink.taken) < PEOPLE
    with _worker(shop, sink, host_schema) as second:
        _wait_for(lambda: _status(shop, dispatch.id) == "finished")
        second.terminate()
        assert second.wait(timeout=10) == 0

    doubled = [address for address, times in Counter(sink.taken).items() if times > 1]
    counts = {status: count for status, count in shop.session.execute(
        select(Delivery.status, func.count()).where(Delivery.dispatch_id == dispatch.id).group_by(Delivery.status)
    )}  # fmt: skip
    settled = set(shop.session.scalars(select(Delivery.address).where(Delivery.status.in_(["sent", "unknown"]))))
    assert doubled == []
    assert set(counts) <= {"sent", "unknown"}
    assert sum(counts.values()) == PEOPLE == len(settled)
    assert 0 < counts.get("unknown", 0) <= 200
    assert counts["sent"] <= len(sink.taken) <= PEOPLE


@contextmanager
def _worker(shop: Shop, sink: Sink, schema: str | None) -> Iterator[subprocess.Popen[str]]:
    url = shop.plugin.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.newsletter.worker_process"]
    arguments = [url, str(sink.port), str(LEASE), schema or ""]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        try:
            yield process
        finally:
            process.kill()


def _status(shop: Shop, dispatch_id: int) -> str | None:
    shop.session.rollback()
    return shop.session.scalar(select(Dispatch.status).where(Dispatch.id == dispatch_id))


def _wait_for(condition: object, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
