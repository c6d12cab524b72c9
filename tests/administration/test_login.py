"""Logging in: beside the host's customers, slowed down when wrong, over when blocked (W13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.administration.conftest import PASSWORD, log_in
from tests.shops import Shop
from webshop_segments.administration import accounts, login
from webshop_segments.administration.models import Administrator, Audit
from webshop_segments.administration.own import SESSION_KEY

pytestmark = pytest.mark.rule("W13")

Visit = Callable[..., FlaskClient]
Account = Callable[..., Administrator]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_an_administrator_logs_in_however_the_address_is_written(shop: Shop, main: Administrator) -> None:
    client = shop.app.test_client()
    assert log_in(client, " MAIN@Shop.Example ").location == "/marketing/"
    assert client.get("/marketing/administrators").status_code == 200
    assert main.last_login_at is not None


def test_whoever_is_logged_in_already_is_led_on(main: Administrator, visit: Visit) -> None:
    assert visit(main).get("/marketing/login?next=/marketing/history").location == "/marketing/history"


@pytest.mark.parametrize(("email", "password"), [("main@shop.example", "wrong"), ("nobody@shop.example", PASSWORD)])
def test_a_wrong_address_and_a_wrong_password_get_the_same_answer(
    shop: Shop, main: Administrator, email: str, password: str
) -> None:
    answer = log_in(shop.app.test_client(), email, password)
    assert answer.status_code == 422
    assert "The e-mail address or the password is not right." in answer.text


def test_an_unknown_address_takes_the_same_work(
    shop: Shop, main: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    monkeypatch.setattr(login, "check_password_hash", lambda known, password: bool(checked.append(known)))
    for email in ("main@shop.example", "nobody@shop.example", "no address"):
        login.authenticate(shop.session, email, PASSWORD)
    assert len(checked) == 3


def test_the_way_back_is_kept_through_the_login(shop: Shop, main: Administrator, visit: Visit) -> None:
    client = visit()
    challenge = client.get("/marketing/history?before=5")
    assert challenge.location == "/marketing/login?next=/marketing/history?before%3D5"
    answer = client.post(challenge.location, data={"email": main.email, "password": PASSWORD})
    assert answer.location == "/marketing/history?before=5"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/marketing/",
        "https://evil.example/marketing/",
        "/\\evil.example",
        "/marketing/\\evil",
        "/marketing/\r\nSet-Cookie: a=b",
        "\t//evil.example",
        "/marketing\u2028/",
        "/shop",
        "javascript:alert(1)",
    ],
)
def test_the_way_back_leads_nowhere_else(shop: Shop, main: Administrator, target: str) -> None:
    answer = log_in(shop.app.test_client(), main.email, query_string={"next": target})
    assert (answer.status_code, answer.location) == (303, "/marketing/")


def test_a_part_of_a_page_asked_for_by_a_stranger_makes_the_page_leave(shop: Shop, visit: Visit) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/marketing/segments/3"}
    answer = visit().get("/marketing/history", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/marketing/login?next=/marketing/segments/3")


def test_five_wrong_passwords_close_the_account_for_a_while(shop: Shop, main: Administrator) -> None:
    client = shop.app.test_client()
    with time_machine.travel(NOON, tick=False) as clock:
        assert [log_in(client, main.email, "wrong").status_code for _ in range(6)] == [422] * 5 + [429]
        closed = log_in(client, main.email)
        assert closed.status_code == 429
        assert "Try again in 1 minute." in closed.text
        clock.shift(31)
        assert log_in(client, main.email).status_code == 303
    assert (main.failed_logins, main.next_login_at) == (0, None)


def test_the_wait_grows_to_a_quarter_of_an_hour(shop: Shop) -> None:
    waits = [login.wait_after(failures).total_seconds() for failures in (1, 4, 5, 6, 7, 9, 10, 1000)]
    assert waits == [0, 0, 30, 60, 120, 480, 900, 900]


def test_attempts_at_the_same_moment_are_all_counted(shop: Shop, main: Administrator) -> None:
    start, statuses, email = Barrier(8), list[int](), main.email

    def attempt() -> None:
        start.wait()
        statuses.append(log_in(shop.app.test_client(), email, "wrong").status_code)

    threads = [Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shop.session.refresh(main)
    assert sorted(statuses) == [422] * 5 + [429] * 3
    assert main.failed_logins == 5


def test_a_blocked_one_is_out_at_the_next_request(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    one = account("one@shop.example", "audit.view")
    client = visit(one)
    assert client.get("/marketing/history").status_code == 200
    accounts.block(shop.session, one, main.actor)
    shop.session.commit()
    assert client.get("/marketing/history").status_code == 302
    answer = log_in(client, one.email)
    assert (answer.status_code, "This account is blocked." in answer.text) == (403, True)
    accounts.unblock(shop.session, one, main.actor)
    shop.session.commit()
    assert client.get("/marketing/history").status_code == 302
    assert log_in(client, one.email).status_code == 303


def test_a_deleted_one_is_out_at_the_next_request(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    one = account("one@shop.example", "audit.view")
    client = visit(one)
    accounts.delete(shop.session, one, main.actor)
    shop.session.commit()
    assert client.get("/marketing/history").status_code == 302


def test_taken_permissions_are_gone_at_the_next_request(shop: Shop, account: Account, visit: Visit) -> None:
    one = account("one@shop.example", "audit.view")
    client = visit(one)
    one.flags = []
    shop.session.commit()
    assert client.get("/marketing/history").status_code == 403


def test_a_customer_stays_logged_in_beside_an_administrator(shop: Shop, main: Administrator) -> None:
    client = shop.app.test_client()
    with client.session_transaction() as kept:
        kept["_user_id"] = "7"
    log_in(client, main.email)
    with client.session_transaction() as kept:
        assert kept["_user_id"] == "7"
        assert kept[SESSION_KEY]["id"] == main.id
    assert client.post("/marketing/logout").location == "/marketing/login"
    with client.session_transaction() as kept:
        assert kept["_user_id"] == "7"
        assert SESSION_KEY not in kept


def test_a_session_kept_on_the_server_gets_a_new_name(
    shop: Shop, main: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed: list[Any] = []
    monkeypatch.setattr(shop.app.session_interface, "regenerate", renewed.append, raising=False)
    log_in(shop.app.test_client(), main.email)
    assert len(renewed) == 1


@pytest.mark.parametrize("stored", ["admin", {}, {"id": 1}, {"id": 1, "stamp": "other"}, {"id": "x", "stamp": "y"}])
def test_a_session_of_another_making_is_nobodys(shop: Shop, main: Administrator, stored: Any) -> None:
    client = shop.app.test_client()
    with client.session_transaction() as kept:
        kept[SESSION_KEY] = stored
    assert client.get("/marketing/administrators").status_code == 302


def test_logins_right_and_wrong_are_in_the_history(shop: Shop, main: Administrator) -> None:
    client = shop.app.test_client()
    log_in(client, main.email, "wrong")
    log_in(client, main.email, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    told = shop.session.scalars(select(Audit).order_by(Audit.id)).all()[-2:]
    assert [(event.action, event.actor_kind) for event in told] == [
        ("administrator.login_failed", "stranger"),
        ("administrator.logged_in", "administrator"),
    ]
    assert told[1].ip == "192.0.2.7"
