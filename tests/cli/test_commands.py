"""flask segments …: each command does its work, and a fault is a sentence, never a traceback."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text, update

from tests.shops import Shop, make_shop
from webshop_segments.administration.models import Administrator
from webshop_segments.consent import versions
from webshop_segments.consent.models import ConsentEvidence, ConsentState

PASSWORD = "correct horse battery"


def flask(shop: Shop, *words: str, **given: Any) -> Any:
    """A command's result; nothing but its own exits may come out of it."""
    shop.session.commit()
    result = shop.app.test_cli_runner().invoke(args=["segments", *words], **given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    shop.session.expire_all()
    return result


def told(shop: Shop, *words: str, **given: Any) -> str:
    """What a command that went well said."""
    result = flask(shop, *words, **given)
    assert result.exit_code == 0, result.output
    return str(result.output)


def error(shop: Shop, *words: str, **given: Any) -> str:
    """The sentence of one that did not."""
    result = flask(shop, *words, **given)
    assert result.exit_code == 1, result.output
    return str(result.output.strip().splitlines()[-1])


@pytest.fixture
def bare(empty_database_url: str) -> Iterator[Shop]:
    """A shop that has not run ``flask segments db upgrade`` yet."""
    shop = make_shop(empty_database_url)
    with shop.app.app_context():
        yield shop
        shop.session.close()
        shop.plugin.engine.dispose()


def test_the_tables_are_made_compared_and_removed(bare: Shop) -> None:
    assert error(bare, "db", "check") == "Error: The tables differ. Run: flask segments db upgrade"
    assert told(bare, "db", "upgrade") == "The plugin's tables are up to date.\n"
    assert told(bare, "db", "check") == "No difference.\n"
    assert told(bare, "db", "downgrade", "base") == "The plugin's tables are at base.\n"
    assert "The tables differ" in error(bare, "db", "check")


def test_an_unknown_revision_is_told(shop: Shop) -> None:
    assert "Can't locate revision identified by '4711'" in error(shop, "db", "upgrade", "4711")
    assert "Can't locate revision identified by '4711'" in error(shop, "db", "downgrade", "4711")


@pytest.mark.parametrize(
    "words",
    [
        ["check"],
        ["work"],
        ["sweep"],
        ["adopt-url"],
        ["ledger", "verify"],
        ["ledger", "rebuild"],
        ["consents", "publish-first", "--privacy-url", "https://shop.example/privacy"],
        ["admin", "create", "anna@shop.example", "--password", PASSWORD],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_missing_tables_are_told_with_the_command_that_makes_them(bare: Shop, words: list[str]) -> None:
    assert "run: flask segments db upgrade" in error(bare, *words)


def test_the_main_administrator_is_created_once(shop: Shop) -> None:
    created = told(shop, "admin", "create", "anna@shop.example", "--password", PASSWORD)
    assert created == ("anna@shop.example is the main administrator. Log in at https://shop.example/marketing/\n")
    assert shop.session.scalars(select(Administrator.is_main)).all() == [True]
    assert "already exists" in error(shop, "admin", "create", "anna@shop.example", "--password", PASSWORD)


def test_the_password_is_asked_for_and_not_shown(shop: Shop) -> None:
    asked = told(shop, "admin", "create", "anna@shop.example", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert "Password:" in asked
    assert PASSWORD not in asked


def test_an_administrator_needs_an_address(shop: Shop) -> None:
    assert "“anna” is no e-mail address" in error(shop, "admin", "create", "anna", "--password", PASSWORD)


def test_the_first_version_is_published_once(shop: Shop) -> None:
    words = ["consents", "publish-first", "--privacy-url", "https://shop.example/privacy"]
    assert told(shop, *words) == "Version 1 is published: e-mail.\n"
    version = versions.current(shop.session)
    assert version is not None
    assert (version.number, version.channels) == (1, ["email"])
    assert {text.privacy_url for text in version.texts} == {"https://shop.example/privacy"}
    assert "Version 1 is published already" in error(shop, *words)


def test_the_sweep_says_what_it_did(shop: Shop) -> None:
    shop.publish()
    customer = shop.agreed("ada@example.com")
    customer.email = "ada@EXAMPLE.com"
    assert told(shop, "sweep") == "0 requests expired, 1 addresses re-typed, 0 members gone.\n"


def test_a_whole_ledger_is_said_to_be_whole_and_a_changed_one_is_not(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    assert told(shop, "ledger", "verify") == "The ledger is whole.\n"
    shop.session.execute(update(ConsentEvidence).values(address="bob@example.com"))
    assert error(shop, "ledger", "verify") == "Error: The ledger has 1 faults."


def test_a_state_that_was_tampered_with_is_rebuilt_from_the_ledger(shop: Shop) -> None:
    shop.publish()
    ada = shop.agreed("ada@example.com")
    assert told(shop, "ledger", "rebuild") == "0 rows differed.\n"
    shop.session.execute(update(ConsentState).values(status="withdrawn"))
    assert told(shop, "ledger", "rebuild") == f"contact {ada.id}, email: corrected\n1 rows differed.\n"
    assert shop.session.scalars(select(ConsentState.status)).all() == ["granted"]


def test_the_check_refuses_a_changed_key(shop: Shop, database_url: str, host_schema: str | None) -> None:
    told(shop, "check")
    changed = make_shop(database_url, schema=host_schema, config={"WSS_KEYS": "k1:" + "another" * 6})
    with changed.app.app_context():
        assert "WSS_KEYS: key 'k1' is missing, changed or out of order" in error(changed, "check")
        assert "WSS_KEYS: key 'k1' is missing, changed or out of order" in error(changed, "work")
        changed.session.close()
        changed.plugin.engine.dispose()


def test_the_worker_sends_until_it_is_told_to_stop(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    shop.send(shop.newsletter())
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    stop = threading.Timer(20, os.kill, (os.getpid(), signal.SIGTERM))
    accepted = shop.email.outcomes

    def stop_after_the_copy(message: Any) -> Any:
        if message.address == "shop@shop.example":
            os.kill(os.getpid(), signal.SIGTERM)
        return accepted(message)

    shop.email.outcomes = stop_after_the_copy
    stop.start()
    try:
        output = told(shop, "work")
    finally:
        stop.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)

    assert output == "The worker is running.\nThe worker has stopped.\n"
    assert sorted(message.address for message in shop.email.sent) == ["ada@example.com", "shop@shop.example"]


@pytest.mark.parametrize("words", [[], ["db"], ["admin"], ["consents"], ["ledger"]], ids=lambda words: " ".join(words))
def test_every_group_and_command_says_what_it_is_for(shop: Shop, words: list[str]) -> None:
    listed = flask(shop, *words, "--help").output.partition("Commands:")[2].strip().splitlines()
    assert listed
    assert all(len(line.split(maxsplit=1)) == 2 for line in listed)


def test_the_database_names_itself_when_it_is_not_there(shop: Shop) -> None:
    shop.session.execute(text("DROP TABLE wss_stamp"))
    assert "wss_stamp" in error(shop, "check")
