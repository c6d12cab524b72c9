"""Invitations and forgotten passwords: links by mail that work once and not for long (W13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.administration.conftest import PASSWORD, log_in
from tests.shops import Shop
from webshop_segments import clock
from webshop_segments.administration import accounts, links, login
from webshop_segments.administration.models import Administrator, Audit
from webshop_segments.errors import Refused
from webshop_segments.notices.models import Notice

pytestmark = pytest.mark.rule("W13")

Visit = Callable[..., FlaskClient]
Account = Callable[..., Administrator]

NEW = "another long password"


def link_to(shop: Shop, kind: str, administrator: Administrator) -> str:
    return links.link(shop.plugin.keys, shop.plugin.settings, kind, administrator).removeprefix("https://shop.example")


def notices(shop: Shop) -> list[Notice]:
    return list(shop.session.scalars(select(Notice).order_by(Notice.id)))


def test_the_invitation_leads_to_a_password_and_into_the_panel(shop: Shop, main: Administrator, visit: Visit) -> None:
    visit(main).post("/marketing/administrators/add", data={"email": "new@shop.example"})
    (mail,) = notices(shop)
    assert (mail.kind, mail.address, mail.status) == ("invitation", "new@shop.example", "queued")
    assert mail.subject == "Your account as an administrator of Test shop"
    path = next(line for line in (mail.text or "").splitlines() if "/invitation/" in line)
    assert path.startswith("https://shop.example/marketing/invitation/")
    assert path in (mail.html or "")
    client, path = visit(), path.removeprefix("https://shop.example")
    assert "new@shop.example" in client.get(path).text
    assert client.post(path, data={"password": NEW}).location == "/marketing/login"
    assert log_in(client, "new@shop.example", NEW).status_code == 303
    assert shop.session.scalars(select(Audit.action).order_by(Audit.id)).all()[-2:] == [
        "administrator.invitation_accepted",
        "administrator.logged_in",
    ]


@pytest.mark.parametrize("kind", ["invitation", "password"])
def test_a_link_works_once(shop: Shop, account: Account, visit: Visit, kind: str) -> None:
    path, client = link_to(shop, kind, account("new@shop.example", invited=True)), visit()
    assert client.post(path, data={"password": NEW}).status_code == 303
    for answer in (client.get(path), client.post(path, data={"password": "a third long password"})):
        assert answer.status_code == 410
        assert "This link has been used or is too old." in answer.text
    assert log_in(client, "new@shop.example", NEW).status_code == 303


def test_opening_a_link_changes_nothing(shop: Shop, account: Account, visit: Visit) -> None:
    path, client = link_to(shop, "invitation", account("new@shop.example", invited=True)), visit()
    assert [client.get(path).status_code, client.head(path).status_code, client.get(path).status_code] == [200] * 3


@pytest.mark.parametrize(
    ("kind", "life"), [("invitation", timedelta(days=7)), ("password", timedelta(hours=1))], ids=str
)
def test_a_link_ends_with_its_time(shop: Shop, account: Account, visit: Visit, kind: str, life: timedelta) -> None:
    path, client, now = link_to(shop, kind, account("new@shop.example")), visit(), clock.now()
    with time_machine.travel(now + life - timedelta(minutes=1)):
        assert client.get(path).status_code == 200
    with time_machine.travel(now + life + timedelta(minutes=1)):
        assert client.get(path).status_code == 410


def test_a_forged_or_cut_link_is_refused(shop: Shop, account: Account, visit: Visit) -> None:
    one, client = account("one@shop.example"), visit()
    good = link_to(shop, "password", one)
    swapped = good.replace("/password/", "/invitation/")
    for path in (good[:-1], good + "A", swapped, "/marketing/password/x", "/marketing/invitation/%20"):
        assert client.get(path).status_code == 410, path


def test_a_blocked_ones_links_end(shop: Shop, main: Administrator, account: Account, visit: Visit) -> None:
    one = account("one@shop.example")
    path = link_to(shop, "password", one)
    accounts.block(shop.session, one, main.actor)
    shop.session.commit()
    assert visit().get(path).status_code == 410
    assert visit().get(link_to(shop, "password", one)).status_code == 410


@pytest.mark.parametrize(
    ("password", "sentence"),
    [("too short", "at least 12 characters"), ("One@shop.example", "must not be your e-mail address")],
)
def test_an_easily_guessed_password_is_refused(
    shop: Shop, account: Account, visit: Visit, password: str, sentence: str
) -> None:
    path = link_to(shop, "password", account("one@shop.example"))
    answer = visit().post(path, data={"password": password})
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert visit().get(path).status_code == 200


def test_a_known_and_an_unknown_address_get_the_same_answer(shop: Shop, main: Administrator, visit: Visit) -> None:
    answers = [
        visit().post("/marketing/password/forgot", data={"email": email}, follow_redirects=True)
        for email in ("MAIN@shop.example", "nobody@shop.example", "no address", "")
    ]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert "If this address belongs to an administrator, a link is on its way." in answers[0].text
    (mail,) = notices(shop)
    assert (mail.kind, mail.address) == ("password", "main@shop.example")


def test_nobody_can_flood_an_administrators_mailbox(shop: Shop, main: Administrator, visit: Visit) -> None:
    for _ in range(5):
        visit().post("/marketing/password/forgot", data={"email": main.email})
    assert len(notices(shop)) == 3


def test_a_blocked_one_gets_no_link(shop: Shop, main: Administrator, account: Account, visit: Visit) -> None:
    accounts.block(shop.session, account("one@shop.example"), main.actor)
    shop.session.commit()
    visit().post("/marketing/password/forgot", data={"email": "one@shop.example"})
    assert notices(shop) == []


def test_a_new_password_ends_the_sessions_and_the_wait(shop: Shop, main: Administrator, visit: Visit) -> None:
    client, path = visit(main), link_to(shop, "password", main)
    for _ in range(6):
        login.authenticate(shop.session, main.email, "wrong")
    shop.session.commit()
    visit().post(path, data={"password": NEW})
    assert client.get("/marketing/administrators").status_code == 302
    assert log_in(client, main.email, PASSWORD).status_code == 422
    assert log_in(client, main.email, NEW).status_code == 303


def test_asking_for_a_link_logs_nobody_out(shop: Shop, main: Administrator, visit: Visit) -> None:
    client = visit(main)
    visit().post("/marketing/password/forgot", data={"email": main.email})
    assert client.get("/marketing/administrators").status_code == 200


def test_an_invitation_sent_again_ends_the_first(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    one = account("one@shop.example", invited=True)
    first = link_to(shop, "invitation", one)
    answer = visit(main).post(f"/marketing/administrators/{one.id}/invite", follow_redirects=True)
    assert "The invitation to one@shop.example is on its way." in answer.text
    assert visit().get(first).status_code == 410
    assert visit().get(link_to(shop, "invitation", one)).status_code == 200


def test_whoever_has_a_password_is_not_invited(shop: Shop, main: Administrator) -> None:
    with pytest.raises(Refused, match="accepted the invitation already"):
        links.invite(shop.session, shop.plugin.keys, shop.plugin.settings, main, main.actor)
