"""Messages are few and small, and nobody waits for the broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import event, insert

from tests.celery.conftest import Broker
from tests.shops import ANNA, Shop
from webshop_segments.newsletter import dispatches
from webshop_segments.newsletter.models import Delivery, Dispatch
from webshop_segments.tasks import MOST_MESSAGES, PUBLISHED, QUEUE, ROWS_PER_MESSAGE, SWEEP, WORK, Messages, install


@pytest.fixture
def paused(shop: Shop) -> Dispatch:
    """A sending to three people that was paused before anything left."""
    shop.publish()
    for number in range(3):
        shop.agreed(f"person{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    dispatch.status = "paused"
    shop.session.commit()
    return dispatch


@pytest.fixture
def away(shop: Shop) -> Celery:
    """Celery is installed, but its broker cannot be reached."""
    celery_app = Celery("tests", broker="amqp://127.0.0.1:1//", set_as_current=False)
    celery_app.conf.broker_connection_timeout = 0.5
    install(celery_app, shop.app)
    return celery_app


def test_a_message_carries_the_id_of_a_dispatch_and_nothing_else(shop: Shop, paused: Dispatch, broker: Broker) -> None:
    dispatches.resume(shop.session, paused, ANNA)
    shop.session.commit()

    [message] = _soon(broker.waiting)

    arguments, keywords, _ = message.payload
    assert (arguments, keywords) == ([paused.id], {})
    assert message.headers["task"] == WORK
    assert message.headers["expires"]


def test_a_new_sending_wakes_a_worker_at_once(shop: Shop, paused: Dispatch, broker: Broker) -> None:
    started = shop.send(shop.newsletter(), control_copy=False)

    assert [message.payload[0] for message in _soon(broker.waiting)] == [[started.id]]


def test_what_is_rolled_back_wakes_nobody(shop: Shop, paused: Dispatch, broker: Broker) -> None:
    dispatches.resume(shop.session, paused, ANNA)
    shop.session.rollback()
    time.sleep(0.2)

    assert broker.waiting() == []


def test_a_page_neither_waits_for_a_broker_that_is_away_nor_fails(
    shop: Shop, away: Celery, paused: Dispatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "webshop_segments.tasks")
    dispatches.resume(shop.session, paused, ANNA)
    shop.session.commit()

    assert "the broker took no message" not in caplog.text
    assert _soon(lambda: "the broker took no message" in caplog.text)


def test_a_sweep_works_while_the_broker_is_away(shop: Shop, away: Celery, paused: Dispatch) -> None:
    paused.status = "scheduled"
    shop.session.commit()

    away.tasks[SWEEP]()

    assert len(shop.email.sent) == 3


def test_a_database_that_is_away_costs_a_line_in_the_log(
    shop: Shop, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "webshop_segments.tasks")
    shop.db.session.remove()
    shop.plugin.engine.dispose()
    event.listen(shop.plugin.engine, "do_connect", _refuse)

    broker.run(WORK, 7)
    broker.run(SWEEP)

    lines = [record.message for record in caplog.records if "the database cannot be reached" in record.message]
    assert len(lines) == 2
    assert not [line for line in lines if "\n" in line]


def test_a_sweep_wakes_as_many_others_as_there_is_work_for(shop: Shop, paused: Dispatch, broker: Broker) -> None:
    _waiting(shop, paused, 3 * ROWS_PER_MESSAGE)

    broker.run(SWEEP)

    assert [message.payload[0] for message in broker.waiting()] == [[paused.id]] * 3


def test_a_sweep_with_nothing_to_do_wakes_nobody(broker: Broker) -> None:
    broker.run(SWEEP)

    assert broker.waiting() == []


def test_sweeps_add_only_what_is_missing_in_the_queue(broker: Broker) -> None:
    messages = Messages(broker.app)
    messages.top_up([7, 8], 3)
    messages.top_up([7, 8], 4)

    assert [message.payload[0] for message in broker.waiting()] == [[7], [8], [7], [7]]


def test_the_queue_has_a_bound_however_much_there_is_to_do(broker: Broker) -> None:
    for _ in range(3):
        Messages(broker.app).top_up([7], 100_000)

    assert len(broker.waiting()) == MOST_MESSAGES


def test_beat_does_not_fill_the_queue_while_all_workers_are_away(broker: Broker) -> None:
    for _ in range(3 * MOST_MESSAGES):
        broker.app.tasks[SWEEP].apply_async(**PUBLISHED)

    assert 0 < len(broker.waiting()) <= 2 * MOST_MESSAGES + 1


def test_beat_publishes_the_sweep_every_five_seconds(broker: Broker) -> None:
    entry: dict[str, Any] = broker.app.conf.beat_schedule[SWEEP]

    assert (entry["task"], entry["schedule"]) == (SWEEP, 5.0)
    assert entry["options"]["queue"] == QUEUE


def test_an_unfinished_message_is_another_workers_and_no_result_is_kept(broker: Broker) -> None:
    for name in (WORK, SWEEP):
        task = broker.app.tasks[name]
        assert (task.acks_late, task.reject_on_worker_lost, task.ignore_result) == (True, True, True)
    assert broker.app.conf.worker_prefetch_multiplier == 1
    assert broker.app.conf.result_backend is None


def _refuse(dialect: Any, *_: Any) -> None:
    raise dialect.loaded_dbapi.OperationalError("the server is away\nand says more")


def _waiting(shop: Shop, dispatch: Dispatch, count: int) -> None:
    """Let a dispatch be under way with so many recipients to go, who have all left the shop meanwhile."""
    same = {"dispatch_id": dispatch.id, "person_kind": "contact", "address": "", "domain": "", "attempts": 0}
    rows = [
        same | {"number": number, "person_ref": f"gone{number}", "address_key": str(number), "status": "queued"}
        for number in range(1, count + 1)
    ]
    shop.session.execute(insert(Delivery), rows)
    dispatch.status = "sending"
    shop.session.commit()


def _soon(found: Callable[[], Any]) -> Any:
    """What is found within a few seconds."""
    end = time.monotonic() + 5
    while not (something := found()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
    return something
