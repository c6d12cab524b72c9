"""The mail account for mass mail: what may be entered, how its password is kept, who was faster (W50)."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.shops import ANNA, Shop
from tests.support.together import together
from webshop_segments import Refused
from webshop_segments.administration.models import Audit
from webshop_segments.keys import Keys
from webshop_segments.limits import Limits
from webshop_segments.newsletter.account import account as accounts
from webshop_segments.newsletter.account.checks import Draft
from webshop_segments.newsletter.account.models import MailAccount

pytestmark = pytest.mark.rule("W50")

PASSWORD = "correct horse"

DRAFT = Draft("Ada's Bikes", "news@bikes.example", "smtp.example.com", 587, "starttls", "ada", PASSWORD)


def save(shop: Shop, draft: Draft = DRAFT) -> MailAccount:
    opened_at = accounts.version(accounts.get(shop.session))
    account = accounts.save(shop.session, shop.plugin.keys, draft, opened_at, ANNA)
    shop.session.commit()
    return account


def password(shop: Shop) -> str | None:
    sealed = shop.session.scalar(select(MailAccount.password))
    return sealed and shop.plugin.keys.unseal(accounts.PURPOSE, sealed)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"sender_name": "  "}, "sender_name", "Enter the name"),
    ({"sender_name": "Bikes\r\nBcc: a@b.example"}, "sender_name", "line break"),
    ({"sender_name": "Bikes \u202egpj"}, "sender_name", "invisible"),
    ({"sender_name": "x" * 121}, "sender_name", "120 characters"),
    ({"sender_address": "nobody"}, "sender_address", "no e-mail address"),
    ({"sender_address": ""}, "sender_address", "no e-mail address"),
    ({"sender_address": "a@b.example\r\nBcc: c@d.example"}, "sender_address", "line break"),
    ({"server": ""}, "server", "Enter the mail server"),
    ({"server": "mail server.example"}, "server", "no name of a server"),
    ({"server": "https://mail.example"}, "server", "no name of a server"),
    ({"server": "mail.example:587"}, "server", "no name of a server"),
    ({"server": "mail..example"}, "server", "no name of a server"),
    ({"server": "mail.example\r\nX"}, "server", "no name of a server"),
    ({"server": "-mail.example"}, "server", "no name of a server"),
    ({"server": "256.1.1.1"}, "server", "no name of a server"),
    ({"server": "münchen\u202e.example"}, "server", "no name of a server"),
    ({"server": "😀 mail"}, "server", "no name of a server"),
    ({"server": ".".join(["a" * 60] * 5)}, "server", "no name of a server"),
    ({"port": None}, "port", "Enter the port"),
    ({"port": 0}, "port", "from 1 to 65535"),
    ({"port": 70000}, "port", "from 1 to 65535"),
    ({"security": "ssl"}, "security", "Choose how"),
    ({"security": "none"}, "security", "Without encryption"),
    ({"username": ""}, "username", "Enter the login"),
    ({"username": "ada\0"}, "username", "invisible"),
    ({"password": "a\r\nb"}, "password", "line break"),
    ({"password": "x" * 501}, "password", "too long"),
    ({"per_hour": 0}, "per_hour", "from 1 to"),
    ({"per_hour": 10**9}, "per_hour", "from 1 to"),
    ({"batch": -1, "pause_seconds": 5}, "batch", "from 1 to"),
    ({"batch": 10, "pause_seconds": 10**6}, "pause_seconds", "from 1 to 86400"),
    ({"batch": 10}, "pause_seconds", "both"),
    ({"pause_seconds": 10}, "batch", "both"),
    ({"opens": time(8)}, "closes", "both times"),
    ({"closes": time(8)}, "opens", "both times"),
    ({"opens": time(20), "closes": time(8)}, "closes", "end after they begin"),
    ({"opens": time(8), "closes": time(8)}, "closes", "end after they begin"),
]


@pytest.mark.parametrize(("values", "field", "sentence"), WRONG)
def test_what_cannot_be_used_is_refused_at_its_field(
    shop: Shop, values: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        save(shop, replace(DRAFT, **values))
    assert refused.value.field == field
    shop.session.rollback()
    assert accounts.get(shop.session) is None


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" SMTP.Example.COM. ", "smtp.example.com"),
        ("postfach.münchen.example", "postfach.xn--mnchen-3ya.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("mailhost", "mailhost"),
    ],
)
def test_the_server_is_stored_as_the_network_names_it(shop: Shop, typed: str, stored: str) -> None:
    assert save(shop, replace(DRAFT, server=typed)).server == stored


def test_the_sender_is_that_of_the_account(shop: Shop) -> None:
    assert accounts.sender(shop.session) is None
    save(shop, replace(DRAFT, sender_address="news@MÜNCHEN.example"))
    assert accounts.sender(shop.session) == ("Ada's Bikes", "news@xn--mnchen-3ya.example")


def test_the_limits_of_the_account_come_in_place_of_those_of_the_developer(shop: Shop) -> None:
    draft = replace(DRAFT, per_hour=500, batch=50, pause_seconds=30, opens=time(8), closes=time(20))
    base = Limits(per_hour=9000, per_domain={"gmail.com": 30})
    assert accounts.limits(save(shop, draft), base) == Limits(
        per_hour=500, per_domain={"gmail.com": 30}, batch=50, pause_seconds=30, hours=(time(8), time(20))
    )
    assert accounts.limits(save(shop, replace(DRAFT, password=""))) == Limits()


def test_the_sending_hours_may_end_at_midnight(shop: Shop) -> None:
    account = save(shop, replace(DRAFT, opens=time(18), closes=time(0)))
    assert accounts.limits(account).hours == (time(18), time.max)


def test_the_password_lies_encrypted_in_the_database_and_nowhere_else(shop: Shop) -> None:
    save(shop)
    save(shop, replace(DRAFT, password="battery staple"))
    accounts.remove(shop.session, accounts.version(accounts.get(shop.session)), ANNA)
    save(shop)
    row = shop.session.execute(text("SELECT * FROM wss_mail_account")).one()
    history = shop.session.execute(text("SELECT * FROM wss_audit")).all()
    assert row._mapping["password"]
    for secret in (PASSWORD, "battery staple"):
        assert secret not in str(row)
        assert secret not in str(history)
    assert row._mapping["password"] not in str(history)
    assert password(shop) == PASSWORD
    actions = shop.session.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert actions == [f"mail_account.{verb}" for verb in ("added", "changed", "removed", "added")]


def test_an_empty_password_keeps_the_stored_one(shop: Shop) -> None:
    save(shop)
    save(shop, replace(DRAFT, password="", port=465, security="tls"))
    assert password(shop) == PASSWORD


@pytest.mark.parametrize("values", [{"forget_password": True}, {"username": ""}])
def test_the_password_can_be_removed(shop: Shop, values: dict[str, Any]) -> None:
    save(shop)
    save(shop, replace(DRAFT, password="", **values))
    assert shop.session.scalar(select(MailAccount.password)) is None


def test_the_stored_password_does_not_go_to_another_server(shop: Shop) -> None:
    save(shop)
    with pytest.raises(Refused, match=r"entered for smtp\.example\.com") as refused:
        save(shop, replace(DRAFT, password="", server="smtp.elsewhere.example"))
    assert refused.value.field == "password"


def test_a_password_sealed_under_an_older_key_is_read_and_a_new_one_sealed_under_the_first(shop: Shop) -> None:
    old, new = "o" * 40, "n" * 40
    sealed = Keys({"k1": old}).seal("purpose", PASSWORD)
    rotated = Keys({"k2": new, "k1": old})
    assert rotated.unseal("purpose", sealed) == PASSWORD
    assert Keys({"k2": new}).unseal("purpose", rotated.seal("purpose", PASSWORD)) == PASSWORD
    assert Keys({"k2": new}).unseal("purpose", sealed) is None
    assert rotated.unseal("another purpose", sealed) is None
    assert rotated.unseal("purpose", sealed[:-8] + "AAAAAAA=") is None
    assert rotated.unseal("purpose", "ü") is None


def test_who_saves_what_somebody_else_has_changed_meanwhile_is_told(shop: Shop) -> None:
    save(shop)
    opened_at = accounts.version(accounts.get(shop.session))
    save(shop, replace(DRAFT, password="", port=2525))
    with pytest.raises(Refused, match="Somebody else has changed") as refused:
        accounts.save(shop.session, shop.plugin.keys, DRAFT, opened_at, ANNA)
    assert refused.value.status == 409
    shop.session.rollback()
    with pytest.raises(Refused, match="Somebody else has changed"):
        accounts.remove(shop.session, opened_at, ANNA)
    shop.session.rollback()
    assert shop.session.scalar(select(MailAccount.port)) == 2525


def test_an_account_set_up_anew_is_not_the_one_a_form_was_opened_at(shop: Shop) -> None:
    save(shop)
    opened_at = accounts.version(accounts.get(shop.session))
    accounts.remove(shop.session, opened_at, ANNA)
    save(shop)
    with pytest.raises(Refused, match="Somebody else"):
        accounts.save(shop.session, shop.plugin.keys, DRAFT, opened_at, ANNA)


def test_of_two_who_set_up_the_account_at_once_one_is_told(shop: Shop) -> None:
    def set_up() -> str:
        session = shop.plugin.session
        try:
            accounts.save(session, shop.plugin.keys, DRAFT, "", ANNA)
            session.commit()
        except Refused as refusal:
            return str(refusal)
        return "saved"

    assert accounts.get(shop.session) is None
    shop.session.rollback()
    first, second = sorted(together(shop.app, set_up, set_up))
    assert first.startswith("Somebody else has changed the mail account")
    assert second == "saved"
