"""Newsletters leave through the panel's mail account, encrypted and logged in, and follow its changes at once (W50)."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import time as clock_time
from email import message_from_bytes, policy
from typing import Any

import pytest

from tests.channels.accounts import AUTH, LOGIN, save, sending, use
from tests.channels.conftest import StartServer
from tests.channels.smtp_script import on
from tests.shops import ANNA, Shop
from webshop_segments import clock
from webshop_segments.newsletter.account import account as accounts
from webshop_segments.newsletter.account.channel import MailAccountChannel
from webshop_segments.newsletter.engine.worker import Worker
from webshop_segments.notices.queue import queue

pytestmark = pytest.mark.rule("W50")


def eventually(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def running(shop: Shop) -> Iterator[Callable[[], None]]:
    """A worker in a thread, started when it is called."""
    stop = threading.Event()

    def work() -> None:
        with shop.app.app_context():
            Worker(shop.plugin, stop=stop).run(idle_seconds=0.05)

    thread = threading.Thread(target=work)
    yield thread.start
    stop.set()
    thread.join()


WAYS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "STARTTLS": ({"extensions": ("STARTTLS", "AUTH PLAIN")}, {"security": "starttls"}),
    "TLS": ({"extensions": ("AUTH PLAIN",), "tls_at_once": True}, {"security": "tls"}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_newsletter_leaves_through_the_account_encrypted_and_logged_in(
    shop: Shop, start: StartServer, trusted: ssl.SSLContext, way: str
) -> None:
    options, values = WAYS[way]
    server = start(context=trusted, **options)
    use(shop)
    save(shop, server, **values, **LOGIN)
    sending(shop, "one", "two")
    shop.work()

    assert AUTH in server.commands
    assert sorted(one.recipient for one in server.received) == ["one@example.org", "two@example.org"]
    mail = message_from_bytes(server.received[0].content, policy=policy.default)
    assert mail["From"] == "Ada's Bikes <news@bikes.example>"
    assert server.received[0].sender == "news@bikes.example"


def test_without_an_account_newsletters_leave_as_the_shop_is_configured(shop: Shop, start: StartServer) -> None:
    server = start()
    use(shop, MAIL_PORT=server.port)
    sending(shop, "one")
    shop.work()
    [received] = server.received
    assert received.sender == "news@shop.example"


def test_a_running_worker_follows_the_account(shop: Shop, start: StartServer, running: Callable[[], None]) -> None:
    configured, first, second = start(), start(), start()
    use(shop, MAIL_PORT=configured.port)
    running()
    sending(shop, "one")
    eventually(lambda: len(configured.received) == 1)

    for server in (first, second):
        save(shop, server)
        time.sleep(1.1)
        sending(shop)
        eventually(lambda: len(server.received) == 1)  # noqa: B023 - looked at before the next one

    accounts.remove(shop.session, accounts.version(accounts.get(shop.session)), ANNA)
    shop.session.commit()
    time.sleep(1.1)
    sending(shop)
    eventually(lambda: len(configured.received) == 2)
    assert [len(server.received) for server in (first, second)] == [1, 1]


def test_system_mail_leaves_as_the_shop_is_configured_whatever_the_account_does(shop: Shop, start: StartServer) -> None:
    configured, broken = start(), start(on("greeting", "554 5.7.1 blocked"))
    use(shop, MAIL_PORT=configured.port)
    save(shop, broken)
    dispatch = sending(shop, "one")
    shop.work()
    shop.session.refresh(dispatch)
    assert dispatch.status == "halted"
    [alarm] = configured.received
    assert (alarm.sender, alarm.recipient) == ("news@shop.example", "shop@shop.example")


def test_without_a_configured_server_system_mail_takes_the_account_too(shop: Shop, start: StartServer) -> None:
    server = start()
    shop.plugin.channels["email"] = MailAccountChannel.from_config({"MAIL_SUPPRESS_SEND": False})  # type: ignore[index]
    save(shop, server)
    queue(shop.session, "alarm", "email", "boss@example.org", "k", subject="Halt", text="Halt")
    shop.session.commit()
    shop.work()
    assert [one.sender for one in server.received] == ["news@bikes.example"]


def test_the_account_sets_the_speed(shop: Shop, start: StartServer) -> None:
    server = start()
    use(shop)
    save(shop, server, per_hour=2)
    dispatch = sending(shop, "one", "two", "three")
    shop.work()
    assert len(server.received) == 2
    shop.session.refresh(dispatch)
    assert dispatch.status == "sending"


def test_the_account_sets_the_hours(shop: Shop, start: StartServer) -> None:
    server = start()
    use(shop)
    now = clock.now().astimezone(shop.plugin.settings.timezone)
    # Two hours that are over, or to come where the day has just begun.
    away = clock_time(now.hour - 2 if now.hour > 2 else now.hour + 2)
    save(shop, server, opens=away, closes=clock_time(away.hour, 59))
    sending(shop, "one")
    shop.work()
    assert server.received == []
