"""Cancelling waits for no worker, and what a worker held is cancelled when it lets go."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, select, text

from tests.shops import ANNA, Shop
from webshop_segments.newsletter import dispatches
from webshop_segments.newsletter.engine import claims
from webshop_segments.newsletter.engine.worker import Worker
from webshop_segments.newsletter.models import Delivery, Dispatch


@pytest.fixture
def sending(shop: Shop) -> Dispatch:
    """A dispatch to five that is prepared, and of which nothing has left."""
    shop.publish()
    for number in range(5):
        shop.agreed(f"p{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    worker = Worker(shop.plugin)
    worker.step()
    worker.close()
    shop.session.expire_all()
    return dispatch


def _statuses(shop: Shop) -> list[str]:
    shop.session.expire_all()
    return sorted(shop.session.scalars(select(Delivery.status)))


def test_rows_a_worker_is_working_on_do_not_hold_up_who_cancels(shop: Shop, sending: Dispatch) -> None:
    if shop.plugin.engine.dialect.name == "postgresql":
        engine = create_engine(shop.plugin.engine.url)
        with engine.connect() as working:
            working.execute(text("UPDATE wss_delivery SET attempts = attempts WHERE number <= 2"))
            shop.session.execute(text("SET LOCAL lock_timeout = '1s'"))
            dispatches.cancel(shop.session, sending, ANNA)
            shop.session.commit()
        engine.dispose()
        assert _statuses(shop) == ["cancelled"] * 3 + ["queued"] * 2
    else:
        dispatches.cancel(shop.session, sending, ANNA)
        shop.session.commit()
    shop.work()
    assert _statuses(shop) == ["cancelled"] * 5
    assert shop.email.sent == []


def test_what_a_dead_worker_had_claimed_is_cancelled_when_its_lease_is_over(shop: Shop, sending: Dispatch) -> None:
    claims.claim(shop.session, sending.id, 2, 0.0)
    dispatches.pause(shop.session, sending, ANNA)
    shop.session.commit()
    shop.session.execute(text("UPDATE wss_dispatch SET status = 'cancelled', finished_at = started_at"))
    shop.session.commit()
    shop.work()
    assert _statuses(shop) == ["cancelled"] * 5
