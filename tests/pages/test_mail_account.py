"""Settings → Sending → Mail account in the browser: set up, changed, tested, removed (W50)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.shops import Shop
from webshop_segments import clock
from webshop_segments.administration.models import Audit
from webshop_segments.newsletter.account import account as accounts
from webshop_segments.newsletter.account.channel import MailAccountChannel
from webshop_segments.newsletter.account.models import MailAccount
from webshop_segments.notices.models import Notice

pytestmark = pytest.mark.rule("W50")

PAGE = "/marketing/mail-account"
PASSWORD = "correct horse"

FILLED_IN: dict[str, Any] = {
    "sender_name": "Ada's Bikes",
    "sender_address": "news@bikes.example",
    "server": "smtp.example.com",
    "port": "587",
    "security": "starttls",
    "username": "ada",
    "password": PASSWORD,
}


@pytest.fixture(autouse=True)
def panel(shop: Shop) -> None:
    """The shop's developer leaves the mail account to the panel."""
    shop.plugin.channels["email"] = MailAccountChannel.from_config(shop.app.config)  # type: ignore[index]


def post(client: FlaskClient, path: str = "", **values: Any) -> Any:
    return client.post(PAGE + path, data=FILLED_IN | {"opened_at": opened_at(client)} | values)


def opened_at(client: FlaskClient) -> str:
    found = re.search(r'name="opened_at"[^>]*value="([^"]*)"', client.get(PAGE).text)
    return found[1] if found else ""


def account(shop: Shop) -> MailAccount | None:
    shop.session.rollback()
    shop.session.expire_all()
    return accounts.get(shop.session)


def test_an_account_is_set_up_and_its_password_never_shown(shop: Shop, client: FlaskClient) -> None:
    answer = post(client, per_hour="500", batch="50", pause_seconds="30", opens="08:00", closes="00:00")
    assert answer.status_code == 303
    page = client.get(PAGE).text
    for shown in ("Ada&#39;s Bikes", "news@bikes.example", "smtp.example.com", "500", "08:00", "00:00"):
        assert shown in page
    assert PASSWORD not in page
    assert "A password is stored" in page
    saved = account(shop)
    assert saved is not None
    assert shop.plugin.keys.unseal(accounts.PURPOSE, saved.password or "") == PASSWORD
    assert (saved.opens, saved.closes, saved.edition, saved.modified_by) == ("08:00", "24:00", 1, "Anna")


def test_the_account_is_used_by_pages_at_once(shop: Shop, client: FlaskClient) -> None:
    with shop.app.test_request_context():
        assert shop.plugin.channels["email"].limits.per_hour is None
    post(client, per_hour="500")
    with shop.app.test_request_context():
        assert shop.plugin.channels["email"].limits.per_hour == 500


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"port": "0"}, "from 1 to 65535"),
        ({"port": "70000"}, "from 1 to 65535"),
        ({"port": "9" * 40}, "from 1 to 65535"),
        ({"port": "smtp"}, "Not a valid integer value"),
        ({"port": ""}, "Enter the port"),
        ({"server": "mail server"}, "no name of a server"),
        ({"server": "x" * 254}, "longer than 253"),
        ({"sender_name": "Bikes\r\nBcc: a@b.example"}, "line break"),
        ({"sender_address": "\u202ea@b.example"}, "invisible"),
        ({"username": "a\nb"}, "line break"),
        ({"password": "a\r\nb"}, "line break"),
        ({"security": "rot13"}, "Not a valid choice"),
        ({"opens": "20:00", "closes": "08:00"}, "end after they begin"),
        ({"opens": "25:00"}, "Not a valid time"),
        ({"per_hour": "1.5"}, "Not a valid integer"),
        ({"per_hour": "9" * 30}, "from 1 to"),
    ],
)
def test_bad_input_is_shown_again_with_the_reason_and_changes_nothing(
    shop: Shop, client: FlaskClient, values: dict[str, str], sentence: str
) -> None:
    answer = post(client, **values)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Ada&#39;s" in answer.text or "sender_name" in values
    assert PASSWORD not in answer.text
    assert account(shop) is None


def test_an_empty_post_is_a_sentence(client: FlaskClient) -> None:
    assert client.post(PAGE, data={}).status_code == 422


def test_saving_twice_and_from_an_old_page(shop: Shop, client: FlaskClient) -> None:
    first = opened_at(client)
    assert post(client).status_code == 303
    answer = post(client, opened_at=first, server="smtp.elsewhere.example")
    assert answer.status_code == 409
    assert "Somebody else has changed the mail account" in answer.text
    assert "smtp.elsewhere.example" in answer.text
    saved = account(shop)
    assert saved
    assert saved.server == "smtp.example.com"


def test_an_empty_password_is_kept_and_a_tick_removes_it(shop: Shop, client: FlaskClient) -> None:
    post(client)
    post(client, password="", port="465", security="tls")
    kept = account(shop)
    assert kept
    assert (bool(kept.password), kept.port) == (True, 465)
    post(client, password="", forget_password="y")
    removed = account(shop)
    assert removed
    assert removed.password is None


def test_a_test_message_is_queued_and_its_outcome_shown_when_it_is_there(shop: Shop, client: FlaskClient) -> None:
    post(client)
    answer = client.post(f"{PAGE}/test", data={"to": "boss@example.org"})
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#wss-test")
    waiting = client.get(PAGE).text
    assert "boss@example.org waits for the worker" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert "Look again" in waiting
    part = client.get(PAGE, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="wss-outcome"')

    shop.work()

    done = client.get(PAGE).text
    assert "took the message to boss@example.org over" in done
    assert "every 2s" not in done


def test_why_it_failed_is_told_on_the_page(shop: Shop, client: FlaskClient) -> None:
    shop.app.config["MAIL_SUPPRESS_SEND"] = False
    shop.plugin.channels["email"] = MailAccountChannel.from_config(shop.app.config)  # type: ignore[index]
    post(client, server="127.0.0.1", port="1", security="none")
    client.post(f"{PAGE}/test", data={"to": "boss@example.org"})
    shop.work()
    page = client.get(PAGE).text
    assert "was not sent" in page
    assert "At the mail server 127.0.0.1 nobody answers on port 1" in page


def test_where_no_worker_runs_the_page_says_so(shop: Shop, client: FlaskClient) -> None:
    post(client)
    client.post(f"{PAGE}/test", data={"to": "boss@example.org"})
    for column in (MailAccount.modified_at, Notice.created_at):
        shop.session.execute(update(column.class_).values({column.key: clock.now() - timedelta(minutes=1)}))
    shop.session.commit()
    assert "no worker has taken it" in client.get(PAGE).text


@pytest.mark.parametrize("to", ["", "nobody", "a@b.example\r\nBcc: c@d.example", "x" * 300])
def test_a_test_message_to_nowhere_is_refused_at_its_field(shop: Shop, client: FlaskClient, to: str) -> None:
    post(client)
    answer = client.post(f"{PAGE}/test", data={"to": to})
    assert answer.status_code == 422
    assert 'id="to-error"' in answer.text
    assert shop.session.scalar(select(Notice.id)) is None


def test_without_an_account_there_is_nothing_to_test(shop: Shop, client: FlaskClient) -> None:
    assert "Save the account first" in client.get(PAGE).text
    assert "Save the account first" in client.post(f"{PAGE}/test", data={"to": "boss@example.org"}).text
    assert shop.session.scalar(select(Notice.id)) is None


def test_removing_asks_first_and_says_what_is_used_then(shop: Shop, client: FlaskClient) -> None:
    post(client)
    question = client.get(f"{PAGE}/remove").text
    assert "Remove the account on smtp.example.com" in question
    assert "news@shop.example" in question
    stand = re.search(r'name="opened_at"[^>]*value="([^"]*)"', question)
    assert stand
    assert account(shop)
    answer = client.post(f"{PAGE}/remove", data={"opened_at": stand[1]})
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert account(shop) is None
    again = client.post(f"{PAGE}/remove", data={"opened_at": stand[1]})
    assert again.status_code == 409
    assert "Somebody has removed it" in again.text
    assert "There is no mail account" in client.get(f"{PAGE}/remove").text


def test_an_account_somebody_changed_meanwhile_is_not_removed(shop: Shop, client: FlaskClient) -> None:
    post(client)
    stand = opened_at(client)
    post(client, password="", port="2525")
    assert client.post(f"{PAGE}/remove", data={"opened_at": stand}).status_code == 409
    assert account(shop)


def test_the_history_tells_of_it_without_the_password(shop: Shop, client: FlaskClient) -> None:
    post(client)
    client.post(f"{PAGE}/test", data={"to": "boss@example.org"})
    page = client.get("/marketing/history").text
    assert "Mail account set up" in page
    assert "Test message of the mail account sent" in page
    assert "smtp.example.com:587" in page
    assert PASSWORD not in page
    assert all(PASSWORD not in str(row.detail) for row in shop.session.scalars(select(Audit)))


def test_a_channel_of_the_developer_s_own_wins_and_the_page_says_so(shop: Shop, client: FlaskClient) -> None:
    shop.plugin.channels["email"] = shop.email  # type: ignore[index]
    post(client)
    assert "has no effect" in client.get(PAGE).text
    assert "Send a test message" not in client.get(PAGE).text


@pytest.mark.rule("W12")
def test_only_who_may_change_the_settings_sees_the_account(shop: Shop, client: FlaskClient) -> None:
    assert "Mail account" in client.get("/marketing/segments").text
    shop.staff.flags -= {"settings.manage"}
    assert "Mail account" not in client.get("/marketing/segments").text
    for method, path in (("GET", ""), ("POST", ""), ("POST", "/test"), ("GET", "/remove"), ("POST", "/remove")):
        assert client.open(PAGE + path, method=method).status_code == 403
