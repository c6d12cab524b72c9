"""The test message of the mail account, and why a mail server does not let us in, in words that say how to mend it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.channels.accounts import LOGIN, PASSWORD, save, sending, use
from tests.channels.certificates import certificate, server_context
from tests.channels.conftest import StartServer
from tests.channels.smtp_script import on
from tests.shops import ANNA, Shop
from webshop_segments.i18n import in_language
from webshop_segments.keys import Keys
from webshop_segments.newsletter.account import account as accounts
from webshop_segments.newsletter.account import trial
from webshop_segments.newsletter.channels import faults
from webshop_segments.newsletter.models import Delivery

pytestmark = pytest.mark.rule("W50")


def outcome(shop: Shop) -> trial.Outcome:
    shop.session.expire_all()
    account = accounts.get(shop.session)
    assert account
    found = trial.outcome(shop.session, account)
    assert found
    return found


def try_out(shop: Shop) -> trial.Outcome:
    account = accounts.get(shop.session)
    assert account
    trial.send(shop.session, shop.plugin, account, "boss@example.org", ANNA)
    shop.session.commit()
    assert outcome(shop).status == "waiting"
    shop.work()
    return outcome(shop)


def test_a_test_message_leaves_through_the_account(shop: Shop, start: StartServer) -> None:
    server = start()
    use(shop)
    save(shop, server)
    assert try_out(shop).status == "sent"
    [received] = server.received
    assert (received.sender, received.recipient) == ("news@bikes.example", "boss@example.org")


SHUT: dict[str, tuple[list[Any], tuple[str, ...], dict[str, Any], str, str]] = {
    "wrong password": (
        [on("AUTH", "535 5.7.8 no")],
        ("AUTH PLAIN",),
        LOGIN,
        "refused the login of ada. Check the login and enter the password again",
        "It said: 535 5.7.8 no",
    ),
    "no STARTTLS": ([], (), {"security": "starttls"}, "offers no STARTTLS. Choose TLS with port 465", ""),
    "TLS to a plain port": ([], (), {"security": "tls"}, "TLS from the start belongs to port 465", ""),
    "no login": ([], (), LOGIN, "offers no login that we know", "choose STARTTLS or TLS"),
    "blocked": ([on("greeting", "554 5.7.1 blocked")], (), {}, "does not serve us. Ask the provider", "554 5.7.1"),
    "hangs up": ([on("greeting", "421 4.3.2 busy")], (), {}, "does not serve us", "421 4.3.2 busy"),
    "sender refused": ([on("MAIL", "553 5.7.1 not yours")], (), {}, "553 5.7.1 not yours", ""),
}


@pytest.mark.parametrize("case", SHUT)
def test_why_a_test_message_failed_is_said_with_the_cure(
    shop: Shop, start: StartServer, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    rules, extensions, values, sentence, more = SHUT[case]
    server = start(*rules, extensions=extensions)
    use(shop)
    save(shop, server, **values)
    with caplog.at_level(logging.DEBUG):
        found = try_out(shop)
    assert found.status == "failed"
    assert sentence in found.why
    assert more in found.why
    assert "MAIL_" not in found.why
    assert PASSWORD not in found.why + caplog.text
    tried = server.connections
    with shop.app.app_context():
        shop.work()
    assert server.connections == tried


def test_a_server_nobody_answers_at_is_named(shop: Shop, start: StartServer) -> None:
    server = start()
    server.__exit__()
    use(shop)
    save(shop, server)
    assert f"At the mail server 127.0.0.1 nobody answers on port {server.port}" in try_out(shop).why


def test_a_certificate_for_another_name_is_named(
    shop: Shop, start: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, name="elsewhere.example", address="127.0.0.9")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    server = start(context=server_context(file), extensions=("STARTTLS",))
    use(shop)
    save(shop, server, security="starttls")
    assert "shows a certificate for another name. Enter as server the name" in try_out(shop).why


def test_a_password_whose_key_is_gone_is_asked_for_again(shop: Shop, start: StartServer) -> None:
    server = start(extensions=("AUTH PLAIN",))
    use(shop)
    save(shop, server, **LOGIN)
    account = accounts.get(shop.session)
    assert account
    account.password = Keys({"k0": "gone" * 10}).seal(accounts.PURPOSE, PASSWORD)
    shop.session.commit()
    assert accounts.password_is_lost(shop.plugin.keys, account)
    assert "Enter the password again" in try_out(shop).why
    assert server.connections == 0


def test_the_message_that_halts_a_sending_names_the_account_s_fields(shop: Shop, start: StartServer) -> None:
    server = start(on("AUTH", "535 5.7.8 no"), extensions=("AUTH PLAIN",))
    use(shop)
    save(shop, server, **LOGIN)
    dispatch = sending(shop, "one")
    shop.work()
    shop.session.refresh(dispatch)
    assert dispatch.status == "halted"
    assert "enter the password again" in dispatch.trouble
    assert shop.session.scalars(select(Delivery.status)).all() == ["queued"]


def test_a_test_message_that_waits_is_replaced_by_the_next_and_dropped_with_the_account(
    shop: Shop, start: StartServer
) -> None:
    server = start()
    use(shop)
    save(shop, server)
    account = accounts.get(shop.session)
    assert account
    trial.send(shop.session, shop.plugin, account, "first@example.org", ANNA)
    trial.send(shop.session, shop.plugin, account, "second@example.org", ANNA)
    shop.session.commit()
    shop.work()
    assert [one.recipient for one in server.received] == ["second@example.org"]
    trial.send(shop.session, shop.plugin, account, "third@example.org", ANNA)
    trial.drop(shop.session)
    shop.session.commit()
    shop.work()
    assert len(server.received) == 1
    assert outcome(shop).to == "second@example.org"


@pytest.mark.once
def test_every_fault_is_found_again_in_its_stored_sentence_and_told_in_the_reader_s_language(shop: Shop) -> None:
    values = {"server": "smtp.example.com", "port": 587, "user": "ada", "why": "No (really): 5%", "said": "535 no (a)"}
    for (place, kind), template in faults._english().items():
        stored = faults.in_english(faults.Place(place), kind, **values)
        assert stored == template % values
        assert faults.translated(stored) == stored
        with in_language("de", "de"):
            assert faults.translated(stored) == faults._sentences()[place, kind] % values
    assert faults.translated("550 no such user") == "550 no such user"
