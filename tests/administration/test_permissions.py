"""Every page of the panel asks for its flag, whatever the method (W12)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.pages.examples import admin_rules, examples, requests
from tests.shops import Shop
from webshop_segments.access import FLAGS
from webshop_segments.administration import accounts
from webshop_segments.administration.models import Administrator
from webshop_segments.newsletter.models import Newsletter

pytestmark = pytest.mark.rule("W12")

Visit = Callable[..., FlaskClient]
Account = Callable[..., Administrator]

PUBLIC = {
    "wss_admin.accept_invitation",
    "wss_admin.forgot_password",
    "wss_admin.home",
    "wss_admin.login",
    "wss_admin.logout",
    "wss_admin.reset_password",
}


def test_each_page_names_its_flag_or_why_it_is_public(shop: Shop) -> None:
    views = {rule.endpoint: shop.app.view_functions[rule.endpoint] for rule in admin_rules(shop)}
    public = {endpoint for endpoint, view in views.items() if getattr(view, "public_reason", "")}
    guarded = {endpoint for endpoint, view in views.items() if getattr(view, "permission", None) in FLAGS}
    assert public == PUBLIC
    assert public | guarded == set(views)
    assert not public & guarded


@pytest.mark.rule("W13")
def test_a_blocked_one_is_led_to_the_login_whatever_the_method(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    found = requests(shop, examples(shop, visit(main)))
    one = account("one@shop.example", *FLAGS)
    client = visit(one)
    assert client.get("/marketing/history").status_code == 200
    accounts.block(shop.session, one, main.actor)
    shop.session.commit()
    with client.session_transaction() as kept:
        session = dict(kept)
    wrong = []
    for request in found:
        with client.session_transaction() as kept:
            kept.update(session)
        answer = client.open(request.url, method=request.method)
        if answer.status_code not in (302, 303) or not answer.location.startswith("/marketing/login"):
            wrong.append((request, answer.status_code))
    assert not wrong
    assert shop.session.scalar(select(func.count()).select_from(Newsletter)) == 1


def test_a_stranger_is_led_to_the_login_whatever_the_method(shop: Shop, main: Administrator, visit: Visit) -> None:
    client = visit()
    for request in requests(shop, examples(shop, visit(main))):
        answer = client.open(request.url, method=request.method)
        assert (answer.status_code, answer.location.partition("?")[0]) in {
            (302, "/marketing/login"),
            (303, "/marketing/login"),
        }, request


def test_new_administrators_start_with_no_permission(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    client = visit(account("new@shop.example"))
    assert "No permissions yet" in client.get("/marketing/").text
    found = requests(shop, examples(shop, visit(main)))
    assert {client.open(request.url, method=request.method).status_code for request in found} == {403}


def test_the_main_administrator_may_do_everything(shop: Shop, main: Administrator, visit: Visit) -> None:
    client = visit(main)
    found = [request for request in requests(shop, examples(shop, visit(main))) if request.method == "GET"]
    statuses = {request: client.get(request.url).status_code for request in found}
    assert {request: status for request, status in statuses.items() if status not in (200, 302, 303)} == {}


def test_the_menu_hides_what_the_flags_do_not_open(shop: Shop, account: Account, visit: Visit) -> None:
    page = visit(account("history@shop.example", "audit.view")).get("/marketing/history").text
    assert "/marketing/history" in page
    assert "/marketing/administrators" not in page
    assert "/marketing/segments" not in page
