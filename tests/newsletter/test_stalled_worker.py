"""A worker that was stopped past its lease and goes on neither sends nor settles what another has taken."""

from __future__ import annotations

import os
import signal
from collections import Counter

import pytest
from sqlalchemy import select

from tests.newsletter import running
from tests.shops import ANNA, Shop
from webshop_segments.newsletter import dispatches
from webshop_segments.newsletter.models import Delivery

PEOPLE = 300


@pytest.mark.rule("E54")
def test_what_an_administrator_sends_again_is_not_sent_by_the_one_who_wakes_up(
    shop: Shop, host_schema: str | None
) -> None:
    shop.publish()
    for number in range(PEOPLE):
        shop.agreed(f"person{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)

    with running.sink() as sink, running.worker(shop, sink, host_schema) as sleeper:
        running.wait_for(lambda: len(sink.taken) > PEOPLE // 4)
        os.kill(sleeper.pid, signal.SIGSTOP)
        with running.worker(shop, sink, host_schema):
            running.wait_for(lambda: running.status(shop, dispatch.id) == "finished")
            unknown = shop.session.scalars(select(Delivery.number).where(Delivery.status == "unknown")).all()
            known = {row.address for row in shop.session.scalars(select(Delivery).where(Delivery.status == "sent"))}
            assert 0 < len(unknown) <= 200
            dispatches.decide_unknown(shop.session, dispatch, unknown, "queued", ANNA)
            shop.session.commit()
            running.wait_for(lambda: running.status(shop, dispatch.id) == "finished")
        before = Counter(sink.taken)
        os.kill(sleeper.pid, signal.SIGCONT)
        sleeper.terminate()
        assert sleeper.wait(timeout=10) == 0
        woken = Counter(sink.taken) - before

    # One message may have been in the socket already when the process was stopped; nothing can call that back.
    assert sum(woken.values()) <= 2
    assert running.counts(shop, dispatch.id) == {"sent": PEOPLE}
    assert all(before[address] == 1 for address in known)
