"""A Celery app beside the test shop, with a broker in this process's memory."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery

from tests.shops import Shop
from webshop_segments.tasks import QUEUE, install


class Broker:
    """A Celery app and what waits in its queue."""

    def __init__(self, url: str) -> None:
        self.app = Celery("tests", broker=url, set_as_current=False)

    def waiting(self) -> list[Any]:
        """Take every message out and return them."""
        found = []
        with self.app.connection_for_write() as connection, connection.SimpleQueue(QUEUE) as queue:
            while len(queue):
                message = queue.get_nowait()
                message.ack()
                found.append(message)
        return found

    def run(self, name: str, *arguments: Any) -> None:
        """Run a task here and now."""
        self.app.tasks[name](*arguments)


@pytest.fixture
def broker(shop: Shop) -> Broker:
    """Celery is installed; what earlier tests left in the memory is gone."""
    broker = Broker("memory://")
    install(broker.app, shop.app)
    broker.waiting()
    return broker
