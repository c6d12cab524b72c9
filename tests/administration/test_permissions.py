"""Every page of the panel asks for its flag, whatever the method (W12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.shops import Shop
from webshop_segments.access import FLAGS
from webshop_segments.administration.models import Administrator

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


def rules(shop: Shop) -> list[Rule]:
    found = [rule for rule in shop.app.url_map.iter_rules() if rule.endpoint.startswith("wss_admin.")]
    return [rule for rule in found if rule.endpoint != "wss_admin.static"]


def guarded_requests(shop: Shop) -> Iterator[tuple[str, str, str]]:
    """Each guarded page with each of its methods, and the flag it asks for."""
    with shop.app.test_request_context():
        adapter = shop.app.create_url_adapter(None) or shop.app.url_map.bind("localhost")
        for rule in rules(shop):
            flag = getattr(shop.app.view_functions[rule.endpoint], "permission", None)
            if flag is None:
                continue
            values = {name: sample(rule, name) for name in rule.arguments}
            url = adapter.build(rule.endpoint, values)
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                yield method, url, flag


def sample(rule: Rule, name: str) -> object:
    """A value that a part of the address takes."""
    converter = rule._converters[name]
    items = sorted(getattr(converter, "items", ()))
    return items[0] if items else 1 if hasattr(converter, "num_convert") else "x"


def test_each_page_names_its_flag_or_why_it_is_public(shop: Shop) -> None:
    views = {rule.endpoint: shop.app.view_functions[rule.endpoint] for rule in rules(shop)}
    public = {endpoint for endpoint, view in views.items() if getattr(view, "public_reason", "")}
    guarded = {endpoint for endpoint, view in views.items() if getattr(view, "permission", None) in FLAGS}
    assert public == PUBLIC
    assert public | guarded == set(views)
    assert not public & guarded


def test_whoever_lacks_the_flag_gets_403_whatever_the_method(shop: Shop, account: Account, visit: Visit) -> None:
    one = account("one@shop.example")
    client = visit(one)
    answers = []
    for method, url, flag in guarded_requests(shop):
        one.flags = [other for other in FLAGS if other != flag]
        shop.session.commit()
        answers.append((method, url, client.open(url, method=method).status_code))
    assert len(answers) > 20
    assert [answer for answer in answers if answer[2] != 403] == []


def test_a_stranger_is_led_to_the_login_whatever_the_method(shop: Shop, visit: Visit) -> None:
    client = visit()
    for method, url, _flag in guarded_requests(shop):
        answer = client.open(url, method=method)
        assert (answer.status_code, answer.location.partition("?")[0]) in {
            (302, "/marketing/login"),
            (303, "/marketing/login"),
        }, (method, url)


def test_new_administrators_start_with_no_permission(shop: Shop, account: Account, visit: Visit) -> None:
    client = visit(account("new@shop.example"))
    assert "No permissions yet" in client.get("/marketing/").text
    assert {client.open(url, method=method).status_code for method, url, _flag in guarded_requests(shop)} == {403}


def test_the_main_administrator_may_do_everything(shop: Shop, main: Administrator, visit: Visit) -> None:
    client = visit(main)
    assert 403 not in {client.get(url).status_code for method, url, _flag in guarded_requests(shop) if method == "GET"}


def test_the_menu_hides_what_the_flags_do_not_open(shop: Shop, account: Account, visit: Visit) -> None:
    page = visit(account("history@shop.example", "audit.view")).get("/marketing/history").text
    assert "/marketing/history" in page
    assert "/marketing/administrators" not in page
    assert "/marketing/segments" not in page
