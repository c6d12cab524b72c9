"""Figures for Prometheus: right, cheap to ask for again, and served in its own format."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from tests.newsletter.test_progress import deliver
from tests.shops import Shop, Statements
from webshop_segments import clock
from webshop_segments.newsletter import metrics
from webshop_segments.newsletter.models import Delivery, Dispatch
from webshop_segments.notices.queue import queue

Figures = dict[tuple[str, ...], float]


def read(text: str) -> Figures:
    """Every sample by its name and labels' values."""
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value for sample in samples}


def once(shop: Shop) -> Figures:
    return read(metrics.exposition(shop.plugin).decode())


@pytest.fixture
def dispatch(shop: Shop) -> Dispatch:
    """Being sent, its worker just heard of."""
    shop.publish()
    shop.agreed("ada@example.com")
    made = shop.send(shop.newsletter(), control_copy=False)
    made.status, made.started_at, made.last_claimed_at = "sending", clock.now(), clock.now()
    shop.session.flush()
    return made


def test_an_empty_shop_has_figures_too(shop: Shop) -> None:
    figures = once(shop)
    assert figures["wss_dispatches", "halted"] == 0
    assert figures["wss_queue_oldest_seconds",] == 0
    assert figures["wss_unknown",] == 0
    assert figures["wss_notices_waiting",] == 0
    assert figures["wss_deliveries_waiting", "email"] == 0


def test_deliveries_dispatches_consents_and_notices_are_counted(shop: Shop, dispatch: Dispatch) -> None:
    shop.customer("silent@example.com")
    shop.agreed("carla@example.com", "email")
    deliver(shop, dispatch, ["sent", "delivered", "complained", "bounced", "skipped", "unknown", "claimed", "queued"])
    queue(shop.session, "confirmation", "email", "ada@example.com", "k", text="Hello")
    figures = once(shop)
    totals = {name: figures["wss_deliveries_total", "email", name] for name in ("sent", "bounced", "failed", "skipped")}
    assert totals == {"sent": 3, "bounced": 1, "failed": 0, "skipped": 1}
    assert figures["wss_deliveries_waiting", "email"] == 2
    assert figures["wss_dispatches", "sending"] == 1
    assert figures["wss_unknown",] == 1
    assert figures["wss_notices_waiting",] == 1
    assert figures["wss_consents", "email", "granted"] == 2


def test_work_that_lies_has_an_age(shop: Shop, dispatch: Dispatch) -> None:
    dispatch.started_at = dispatch.last_claimed_at = clock.now() - timedelta(minutes=5)
    shop.session.flush()
    assert once(shop)["wss_queue_oldest_seconds",] == pytest.approx(300, abs=20)


def counted(shop: Shop, collector: metrics.Collector, outcome: str) -> float:
    families = {family.name: family for family in collector.collect()}
    return {sample.labels["status"]: sample.value for sample in families["wss_deliveries"].samples}[outcome]


def test_a_counter_never_falls_when_a_message_bounces_later(shop: Shop, dispatch: Dispatch) -> None:
    collector = metrics.Collector(shop.plugin)
    deliver(shop, dispatch, ["sent", "sent", "queued", "queued"])
    assert counted(shop, collector, "sent") == 2
    shop.session.execute(update(Delivery).where(Delivery.number == 1).values(status="bounced"))
    assert (counted(shop, collector, "sent"), counted(shop, collector, "bounced")) == (2, 1)
    shop.session.execute(update(Delivery).where(Delivery.number > 2).values(status="sent"))
    assert counted(shop, collector, "sent") == 4


def test_what_is_over_and_the_consents_are_not_counted_at_every_reading(shop: Shop, dispatch: Dispatch) -> None:
    collector = metrics.Collector(shop.plugin)
    deliver(shop, dispatch, ["sent"] * 3)
    dispatch.status, dispatch.finished_at = "finished", clock.now()
    shop.session.flush()
    with Statements(shop.plugin.engine) as first:
        collector.collect()
    with Statements(shop.plugin.engine) as second:
        collector.collect()
    left_out = [text for text in first.texts if text not in second.texts]
    assert len(left_out) == len(first.texts) - len(second.texts) == 3
    assert sum("wss_consent_state" in text for text in left_out) == 1


@contextmanager
def served(shop: Shop) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    stop = threading.Event()
    server = threading.Thread(target=metrics.serve, args=(shop.app, "127.0.0.1", port, stop))
    server.start()
    try:
        yield port
    finally:
        stop.set()
        server.join(10)
        assert not server.is_alive()


def fetch(port: int) -> str:
    for _ in range(100):
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                return str(answer.read().decode())
        except URLError:
            time.sleep(0.05)
    raise AssertionError("the metrics are not served")


def test_prometheus_is_served_what_is_committed_each_time_it_asks(shop: Shop, dispatch: Dispatch) -> None:
    shop.session.commit()
    with served(shop) as port:
        assert read(fetch(port))["wss_deliveries_waiting", "email"] == 0
        deliver(shop, dispatch, ["queued"] * 3)
        shop.session.commit()
        assert read(fetch(port))["wss_deliveries_waiting", "email"] == 3
        assert "ada@example.com" not in fetch(port)


@pytest.mark.once
def test_the_package_does_not_need_prometheus_until_figures_are_asked_for() -> None:
    program = """
import sys
sys.modules["prometheus_client"] = None
from webshop_segments import ConfigurationError
from webshop_segments.newsletter import metrics
try:
    metrics.exposition(None)
except ConfigurationError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "pip install webshop_segments[metrics]" in done.stdout, done.stderr
