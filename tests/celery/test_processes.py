"""A real Celery worker with child processes: stopped, or one of them killed, it loses nobody and doubles nobody."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select, update

from tests.shops import Shop
from tests.support.source import PROJECT
from webshop_segments import clock
from webshop_segments.newsletter.models import Delivery, Dispatch

PEOPLE = 200


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


@pytest.fixture
def dispatch(shop: Shop) -> Dispatch:
    shop.publish()
    for number in range(PEOPLE):
        shop.agreed(f"person{number}@example.com")
    return shop.send(shop.newsletter(), control_copy=False)


@pytest.mark.rule("E54")
def test_a_worker_told_to_stop_is_gone_within_ten_seconds_and_leaves_nothing_in_doubt(
    shop: Shop, host_schema: str | None, sink: Sink, dispatch: Dispatch, tmp_path: Path
) -> None:
    with _worker(shop, sink, host_schema, tmp_path) as worker:
        _wait_for(lambda: len(sink.taken) > PEOPLE // 10)
        worker.terminate()
        assert worker.wait(timeout=10) == 0

    assert set(_counts(shop)) == {"sent", "queued"}
    assert _counts(shop)["sent"] == len(sink.taken)

    with _worker(shop, sink, host_schema, tmp_path):
        _wait_for(lambda: _status(shop, dispatch) == "finished")

    assert _counts(shop) == {"sent": PEOPLE}
    assert len(sink.taken) == len(set(sink.taken)) == PEOPLE


@pytest.mark.rule("E54")
def test_a_killed_child_loses_nobody_and_doubles_nobody(
    shop: Shop, host_schema: str | None, sink: Sink, dispatch: Dispatch, tmp_path: Path
) -> None:
    with _worker(shop, sink, host_schema, tmp_path) as worker:
        _wait_for(lambda: len(sink.taken) > PEOPLE // 10)
        for child in psutil.Process(worker.pid).children():
            if any(line.raddr and line.raddr.port == sink.port for line in child.net_connections()):
                child.kill()
        leases = shop.session.scalars(select(Delivery.lease_id).where(Delivery.lease_until.is_not(None)).distinct())
        _let_run_out(shop, leases.all())
        _wait_for(lambda: _status(shop, dispatch) == "finished")

    counts = _counts(shop)
    assert [address for address, times in Counter(sink.taken).items() if times > 1] == []
    assert set(counts) <= {"sent", "unknown"}
    assert sum(counts.values()) == PEOPLE
    assert counts["sent"] <= len(sink.taken) <= PEOPLE


@contextmanager
def _worker(shop: Shop, sink: Sink, schema: str | None, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "TEST_DATABASE_URL": shop.plugin.engine.url.render_as_string(hide_password=False),
        "TEST_SCHEMA": schema or "",
        "TEST_MAIL_PORT": str(sink.port),
        "TEST_BROKER": str(folder),
    }
    command = [sys.executable, "-m", "celery", "-A", "tests.celery.worker_process:celery_app", "worker"]
    options = ["-B", "-s", str(folder / "beat"), "-Q", "webshop_segments", "-c", "2", "--without-mingle"]
    process = subprocess.Popen([*command, *options, "--without-gossip"], cwd=PROJECT, env=environment)
    try:
        yield process
    finally:
        for one in [*psutil.Process(process.pid).children(recursive=True), process] if process.poll() is None else []:
            one.send_signal(signal.SIGKILL)
        process.wait()


def _let_run_out(shop: Shop, lease_ids: Sequence[str]) -> None:
    """As a minute does."""
    shop.session.execute(
        update(Delivery)
        .where(Delivery.lease_id.in_(lease_ids), Delivery.lease_until.is_not(None))
        .values(lease_until=clock.now())
    )
    shop.session.commit()


def _counts(shop: Shop) -> dict[str, int]:
    shop.session.rollback()
    rows = shop.session.execute(select(Delivery.status, func.count()).group_by(Delivery.status))
    return {status: count for status, count in rows}


def _status(shop: Shop, dispatch: Dispatch) -> str:
    shop.session.rollback()
    return dispatch.status


def _wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
