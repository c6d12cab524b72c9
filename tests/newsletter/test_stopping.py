"""SIGTERM finishes what is in flight and leaves within ten seconds, also when the mail server says nothing."""

from __future__ import annotations

import time

from tests.newsletter import running
from tests.shops import Shop

PEOPLE = 150


def test_a_worker_that_is_told_to_stop_leaves_nothing_open(shop: Shop, host_schema: str | None) -> None:
    shop.publish()
    for number in range(PEOPLE):
        shop.agreed(f"person{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    with running.sink() as sink, running.worker(shop, sink, host_schema, lease=60) as worker:
        running.wait_for(lambda: len(sink.taken) > 20)
        worker.terminate()
        assert worker.wait(timeout=10) == 0
    counts = running.counts(shop, dispatch.id)
    assert set(counts) == {"sent", "queued"}
    assert counts["sent"] == len(sink.taken) == len(set(sink.taken))


def test_a_silent_mail_server_does_not_keep_it(shop: Shop, host_schema: str | None) -> None:
    shop.publish()
    for number in range(PEOPLE):
        shop.agreed(f"person{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    with running.sink() as sink, running.worker(shop, sink, host_schema, lease=60) as worker:
        running.wait_for(lambda: len(sink.taken) > 20)
        sink.open.clear()
        time.sleep(0.5)
        worker.terminate()
        assert worker.wait(timeout=10) == 0
        counts = running.counts(shop, dispatch.id)
    assert set(counts) == {"sent", "queued", "unknown"}
    assert 0 < counts["unknown"] <= 20
