"""A process works in short turns, with one worker of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from tests.celery.conftest import Broker
from tests.shops import Shop, make_shop
from tests.support.source import PROJECT
from webshop_segments import Accepted, ConfigurationError, Message
from webshop_segments.newsletter.models import Dispatch
from webshop_segments.notices.queue import queue
from webshop_segments.tasks import SWEEP, WORK, Hands

PEOPLE = 30


@pytest.fixture
def dispatch(shop: Shop) -> Dispatch:
    """A sending to thirty people, on a channel that takes fifty a second."""
    shop.publish()
    for number in range(PEOPLE):
        shop.agreed(f"person{number}@example.com")
    shop.email.outcomes = _slowly
    return shop.send(shop.newsletter(), control_copy=False)


def test_one_message_sends_a_whole_small_dispatch(shop: Shop, broker: Broker, dispatch: Dispatch) -> None:
    broker.run(WORK, dispatch.id)

    assert len(shop.email.sent) == PEOPLE


def test_messages_that_are_doubled_late_or_of_no_dispatch_do_no_harm(
    shop: Shop, broker: Broker, dispatch: Dispatch
) -> None:
    for dispatch_id in (dispatch.id, dispatch.id, dispatch.id, 4711):
        broker.run(WORK, dispatch_id)

    assert len(shop.email.sent) == PEOPLE


def test_a_message_for_one_dispatch_may_serve_another(shop: Shop, broker: Broker, dispatch: Dispatch) -> None:
    broker.run(WORK, 4711)

    assert len(shop.email.sent) == PEOPLE


def test_system_messages_leave_with_a_sweep(shop: Shop, broker: Broker) -> None:
    queue(shop.session, "alarm", "email", "boss@shop.example", "k", text="Look at this.", subject="Alarm")
    shop.session.commit()

    broker.run(SWEEP)

    assert [message.address for message in shop.email.sent] == ["boss@shop.example"]


def test_a_turn_that_leaves_something_behind_says_so(shop: Shop, dispatch: Dispatch) -> None:
    hands = Hands(shop.app, turn_seconds=0.1)

    turns = 1
    while hands.turn():
        turns += 1
    hands.close()

    assert turns > 1
    assert len(shop.email.sent) == PEOPLE


def test_only_one_thread_of_a_process_works(shop: Shop, dispatch: Dispatch) -> None:
    hands = Hands(shop.app)
    other = threading.Thread(target=hands.turn)
    other.start()
    while not shop.email.sent:
        time.sleep(0.01)

    more = hands.turn()
    busy = other.is_alive()
    other.join()
    hands.close()

    assert (more, busy) == (False, True)
    assert len(shop.email.sent) == PEOPLE


def test_a_worker_that_shuts_down_ends_its_turn_with_the_window_in_flight(shop: Shop, dispatch: Dispatch) -> None:
    hands = Hands(shop.app)
    turn = threading.Thread(target=hands.turn)
    turn.start()
    while not shop.email.sent:
        time.sleep(0.01)

    hands.finish()
    turn.join()
    sent = len(shop.email.sent)
    hands.close()

    assert 0 < sent < PEOPLE
    shop.work()
    assert len(shop.email.sent) == PEOPLE


def test_nothing_is_sent_under_changed_keys(database_url: str, host_schema: str | None, shop: Shop) -> None:
    hands = Hands(shop.app)
    hands.turn()
    hands.close()
    changed = make_shop(database_url, schema=host_schema, config={"WSS_KEYS": "k2:" + "fedcba9876543210" * 3})

    with pytest.raises(ConfigurationError, match="WSS_KEYS"):
        Hands(changed.app).turn()

    with changed.app.app_context():
        changed.plugin.engine.dispose()


@pytest.mark.once
def test_the_package_needs_no_celery() -> None:
    program = "import sys; sys.modules['celery'] = None; import webshop_segments, webshop_segments.cli"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr


def _slowly(message: Message) -> Accepted:
    time.sleep(0.02)
    return Accepted(message.number)
