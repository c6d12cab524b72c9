"""A form that was open for too long comes back with its text and can be sent again (W51)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from tests.pages.examples import examples, make_panel, requests
from tests.shops import Shop
from tests.support.html import HtmlForm, Page

pytestmark = pytest.mark.rule("W51")

TOKEN = "csrf_token"
TYPED = "3 typed words"


@pytest.fixture
def guarded(database_url: str, host_schema: str | None) -> Iterator[tuple[Shop, list[str]]]:
    """A shop that protects its forms, and the addresses of its pages; no app context stays open between requests."""
    made = make_panel(database_url, host_schema, csrf=True)
    with made.app.app_context():
        values = examples(made)
        pages = [request.url for request in requests(made, values) if request.method == "GET"]
        made.db.session.remove()
    yield made, pages
    with made.app.app_context():
        made.plugin.engine.dispose()


def forms(client: FlaskClient, pages: list[str]) -> list[tuple[str, HtmlForm]]:
    """One form of each kind: a page's forms whose action, fields and buttons differ from those of other pages."""
    found: dict[Any, tuple[str, HtmlForm]] = {}
    for url in pages:
        for form in Page(client.get(url).text, url).posts():
            names = sorted({name for name, _value in form.values})
            found.setdefault((form.action.partition("?")[0], *names, *map(str, form.buttons)), (url, form))
    return [(url, form) for url, form in found.values() if not form.action.endswith("/logout")]


def sent(form: HtmlForm, token: str, button: tuple[str, str] | None = None) -> dict[str, list[str]]:
    pairs = [pair for pair in form.filled(TYPED) if pair[0] != TOKEN] + [(TOKEN, token)]
    pairs += [button] if button and button[0] else []
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return data


def expired(shop: Shop, client: FlaskClient) -> str:
    """The browser's own token, signed two hours ago."""

    class Earlier(URLSafeTimedSerializer):
        class Signer(URLSafeTimedSerializer.default_signer):  # type: ignore[misc,name-defined]
            def get_timestamp(self) -> int:
                return int(super().get_timestamp()) - 7200

        default_signer = Signer

    with client.session_transaction() as kept:
        return str(Earlier(shop.app.secret_key, salt="wtf-csrf-token").dumps(kept[TOKEN]))


def same_form(page: str, url: str, form: HtmlForm) -> HtmlForm | None:
    """The form that came back for the one that was sent."""
    wanted = {name for name, _value in form.values}
    there = [back for back in Page(page, url).posts() if wanted <= {name for name, _value in back.values}]
    return next((back for back in there if back.action.partition("?")[0] == form.action.partition("?")[0]), None)


@pytest.mark.parametrize("by_the_host", [True, False])
@pytest.mark.parametrize("age", ["expired", "foreign"])
def test_every_form_comes_back_with_its_text_and_can_be_sent_again(
    guarded: tuple[Shop, list[str]], by_the_host: bool, age: str
) -> None:
    shop, pages = guarded
    shop.app.config["WTF_CSRF_CHECK_DEFAULT"] = by_the_host
    client, wrong = shop.app.test_client(), []
    found = forms(client, pages)
    assert len(found) > 20
    for url, form in found:
        old = expired(shop, client) if age == "expired" else "foreign"
        button = form.buttons[0] if form.buttons else None
        answer = client.post(form.action, data=sent(form, old, button), headers={"Referer": url})
        back = same_form(answer.text, form.action, form)
        fault = fault_of(form, old, answer.status_code, answer.text, back)
        if fault:
            wrong.append((form.action, fault))
    assert not wrong, "\n".join(map(str, wrong))


def fault_of(form: HtmlForm, old: str, status: int, page: str, back: HtmlForm | None) -> str:
    """What is wrong with the answer to a form whose token is over."""
    asks_first = status == 200
    if not asks_first and not 400 <= status < 500:
        return f"answered {status}"
    if not asks_first and "open for too long" not in page:
        return "says nothing of the time"
    if back is None:
        return "did not come back"
    if dict(back.values)[TOKEN] == old:
        return "came back with the token of before"
    lost = {pair for pair in form.filled(TYPED) if pair[0] != TOKEN} - set(back.values)
    return f"lost {sorted(lost)}" if lost else ""


def test_a_form_sent_again_is_taken(guarded: tuple[Shop, list[str]]) -> None:
    shop, _pages = guarded
    client = shop.app.test_client()
    client.get("/marketing/segments/add")
    first = client.post("/marketing/segments/add", data={"name": "Riders", TOKEN: expired(shop, client)})
    (form,) = [form for form in Page(first.text, "/marketing/segments/add").posts() if "name" in form.typed]
    assert ("name", "Riders") in form.values
    assert client.post(form.action, data=dict(form.values)).status_code == 303
    assert "Riders" in client.get("/marketing/segments").text


def test_a_button_pressed_too_late_can_be_pressed_again(guarded: tuple[Shop, list[str]]) -> None:
    shop, _pages = guarded
    client = shop.app.test_client()
    client.get("/marketing/segments")
    late = client.post(
        "/marketing/history/export", data={"what": "segment", "extent": "view", TOKEN: expired(shop, client)}
    )
    (form,) = [form for form in Page(late.text).posts() if form.action == "/marketing/history/export"]
    assert {("what", "segment"), ("extent", "view")} <= set(form.values)
    with client.post(form.action, data=dict(form.values)) as again:
        assert (again.status_code, again.mimetype, "Segment added" in again.text) == (200, "text/csv", True)


def test_what_another_site_sends_is_not_offered_again(guarded: tuple[Shop, list[str]]) -> None:
    shop, _pages = guarded
    answer = shop.app.test_client().post(
        "/marketing/segments/add", data={"name": "Riders"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (answer.status_code, "Riders" in answer.text) == (400, False)


def test_a_good_token_does_not_help_a_post_from_another_page(guarded: tuple[Shop, list[str]]) -> None:
    shop, _pages = guarded
    client, secure = shop.app.test_client(), {"base_url": "https://localhost"}
    page = Page(client.get("/marketing/segments/add", **secure).text)
    token = dict(page.posts()[0].values)[TOKEN]
    data = {"name": "Riders", TOKEN: token}
    for headers in ({}, {"Referer": "https://evil.example/"}):
        assert client.post("/marketing/segments/add", data=data, headers=headers, **secure).status_code == 400
    referrer = {"Referer": "https://localhost/marketing/segments/add"}
    assert client.post("/marketing/segments/add", data=data, headers=referrer, **secure).status_code == 303


def test_the_login_comes_back_with_the_address_and_never_with_the_password(guarded: tuple[Shop, list[str]]) -> None:
    shop, _pages = guarded
    shop.staff.stranger = True
    client = shop.app.test_client()
    typed = {"email": "anna@shop.example", "password": "correct horse battery", TOKEN: "foreign"}
    answer = client.post("/marketing/login", data=typed)
    assert answer.status_code == 422
    assert "open for too long" in answer.text
    assert 'value="anna@shop.example"' in answer.text
    assert "correct horse" not in answer.text
