"""A changed key or public address is noticed, and the worker refuses to start."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.shops import Shop, make_shop
from webshop_segments import stamp
from webshop_segments.errors import ConfigurationError
from webshop_segments.newsletter.engine.worker import Worker

FIRST = "k1:" + "0123456789abcdef" * 3
NEWER = "k2:" + "fedcba9876543210" * 3


@pytest.fixture
def used(shop: Shop) -> Shop:
    """A shop whose worker has run before."""
    stamp.verify(shop.session, shop.plugin.keys, shop.plugin.settings)
    shop.session.commit()
    return shop


def again(database_url: str, schema: str | None, **config: str) -> Shop:
    """The same shop after a restart with other settings."""
    return make_shop(database_url, schema=schema, config=config)


def verify(shop: Shop) -> None:
    with shop.app.app_context():
        try:
            stamp.verify(shop.session, shop.plugin.keys, shop.plugin.settings)
            shop.session.commit()
        finally:
            shop.session.close()
            shop.plugin.engine.dispose()


def test_a_restart_with_the_same_settings_is_fine(used: Shop, database_url: str, host_schema: str | None) -> None:
    verify(again(database_url, host_schema))


def test_a_newer_key_in_front_is_fine_and_from_then_on_kept(
    used: Shop, database_url: str, host_schema: str | None
) -> None:
    verify(again(database_url, host_schema, WSS_KEYS=f"{NEWER},{FIRST}"))
    with pytest.raises(ConfigurationError, match="key 'k2' is missing, changed or out of order"):
        verify(again(database_url, host_schema, WSS_KEYS=FIRST))


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        (NEWER, "k[12]"),
        ("k1:" + "another secret that is as long as the first", "k1"),
        (f"{FIRST},{NEWER}", "k2"),
    ],
    ids=["the oldest taken out", "a secret changed", "a new one behind the oldest"],
)
def test_keys_that_would_forget_who_unsubscribed_are_refused(
    used: Shop, database_url: str, host_schema: str | None, keys: str, wrong: str
) -> None:
    changed = again(database_url, host_schema, WSS_KEYS=keys)
    with pytest.raises(ConfigurationError, match=f"WSS_KEYS: key '{wrong}' is missing, changed or out of order"):
        verify(changed)


def test_another_public_address_is_refused_until_it_is_adopted(
    used: Shop, database_url: str, host_schema: str | None
) -> None:
    moved = again(database_url, host_schema, WSS_PUBLIC_URL="https://new.example")
    with pytest.raises(ConfigurationError, match="was https://shop.example and is now https://new.example.*adopt-url"):
        verify(moved)

    with moved.app.app_context():
        adopted = moved.app.test_cli_runner().invoke(args=["segments", "adopt-url"])
        moved.session.close()
        moved.plugin.engine.dispose()
    assert "Links now start with https://new.example" in adopted.output
    verify(again(database_url, host_schema, WSS_PUBLIC_URL="https://new.example"))


@pytest.mark.parametrize("changed", [{"WSS_KEYS": NEWER}, {"WSS_PUBLIC_URL": "https://new.example"}])
def test_the_worker_sends_nothing_under_changed_settings(
    used: Shop, database_url: str, host_schema: str | None, changed: dict[str, str]
) -> None:
    used.publish()
    used.agreed("ada@example.com")
    used.send(used.newsletter())
    restarted = again(database_url, host_schema, **changed)

    with restarted.app.app_context():
        with pytest.raises(ConfigurationError):
            Worker(restarted.plugin).run()
        restarted.plugin.engine.dispose()

    assert restarted.email.sent == []


def test_several_workers_may_start_for_the_first_time_at_once(shop: Shop) -> None:
    stop = threading.Event()
    stop.set()
    workers = [Worker(shop.plugin, stop=stop) for _ in range(4)]
    with ThreadPoolExecutor(len(workers)) as threads:
        for started in [threads.submit(worker.run) for worker in workers]:
            started.result()
