"""A worker killed in the middle of a dispatch loses nobody and nobody is mailed twice."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from tests.newsletter import running
from tests.shops import Shop
from webshop_segments.newsletter.models import Delivery

PEOPLE = 400


@pytest.mark.rule("E54")
def test_a_killed_worker_loses_nobody_and_doubles_nobody(shop: Shop, host_schema: str | None) -> None:
    shop.publish()
    for number in range(PEOPLE):
        shop.agreed(f"person{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)

    with running.sink() as sink:
        with running.worker(shop, sink, host_schema) as first:
            running.wait_for(lambda: len(sink.taken) > PEOPLE // 4)
            first.kill()
            first.wait()
        assert len(sink.taken) < PEOPLE
        with running.worker(shop, sink, host_schema) as second:
            running.wait_for(lambda: running.status(shop, dispatch.id) == "finished")
            second.terminate()
            assert second.wait(timeout=10) == 0

    doubled = [address for address, times in Counter(sink.taken).items() if times > 1]
    counts = running.counts(shop, dispatch.id)
    settled = set(shop.session.scalars(select(Delivery.address).where(Delivery.status.in_(["sent", "unknown"]))))
    assert doubled == []
    assert set(counts) <= {"sent", "unknown"}
    assert sum(counts.values()) == PEOPLE == len(settled)
    assert 0 < counts.get("unknown", 0) <= 200
    assert counts["sent"] <= len(sink.taken) <= PEOPLE
