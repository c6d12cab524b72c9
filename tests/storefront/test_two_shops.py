"""One story in two unlike shops: with Bootstrap, WTForms, login and CSRF tokens, and with nothing of all that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.storefront import bootstrap_shop, plain_shop
from tests.storefront.conftest import Page
from webshop_segments import Actor
from webshop_segments.consent import default_text, versions
from webshop_segments.consent.models import ConsentRecord, ConsentState
from webshop_segments.notices.models import Notice
from webshop_segments.plugin import EXTENSION, Plugin

pytestmark = pytest.mark.rule("W22")

SHOPS = {"bootstrap": bootstrap_shop.create_app, "plain": plain_shop.create_app}
ADA = {"name": "Ada", "email": "ada@example.com", "phone": "+4915123456789"}


class Visitor:
    """A browser in one of the shops."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    @property
    def plugin(self) -> Plugin:
        found: Plugin = self.app.extensions[EXTENSION]
        return found

    def page(self, url: str) -> Page:
        answer = self.client.get(url)
        assert answer.status_code == 200, answer.text
        return Page(answer)

    def hidden(self, url: str) -> dict[str, str]:
        """What the page's own form posts; the one in the footer has the same names."""
        [form] = re.findall(r'<form method="post"(?! action)[^>]*>.*?</form>', self.client.get(url).text, re.DOTALL)
        names = dict(re.findall(r'<input[^>]*name="(consent_token|csrf_token)"[^>]*value="([^"]+)"', form))
        return {name: unescape(value) for name, value in names.items()}

    def send(self, url: str, **fields: str) -> Page:
        return Page(self.client.post(url, data=self.hidden(url) | fields, follow_redirects=True))

    def confirm(self) -> None:
        text = self.read(select(Notice.text).order_by(Notice.id.desc()))[0]
        [path] = re.findall(r"https://\w+\.example(/\S+/c/\S+)", text)
        assert self.client.post(path).status_code == 200

    def read(self, statement: Any) -> list[Any]:
        with self.app.app_context():
            return list(self.plugin.session.execute(statement).scalars())

    def statuses(self) -> dict[str, str]:
        with self.app.app_context():
            rows = self.plugin.session.execute(select(ConsentState.channel, ConsentState.status))
            return {channel: status for channel, status in rows}


@pytest.fixture(params=SHOPS)
def visitor(request: pytest.FixtureRequest, database_url: str) -> Iterator[Visitor]:
    """Somebody in a shop that asks for e-mail and SMS."""
    app = SHOPS[request.param](database_url)
    visitor = Visitor(app)
    with app.app_context():
        versions.publish(
            visitor.plugin.session,
            channels=["email", "sms"],
            wordings=default_text.default_wordings("A shop", "https://shop.example/privacy"),
            controller="A shop",
            change=versions.EDITORIAL,
            end_removed=False,
            by=Actor("cli", "cli", "Test"),
        )
        visitor.plugin.session.commit()
    yield visitor
    with app.app_context():
        visitor.plugin.engine.dispose()


@pytest.mark.rule("W24")
def test_a_customer_registers_confirms_and_withdraws_with_the_same_click(visitor: Visitor) -> None:
    boxes = visitor.page("/register").boxes
    assert set(boxes.values()) == {False}
    page = visitor.send("/register", **ADA, consent_email="1")
    assert "We have sent you an e-mail" in page.words
    assert visitor.statuses() == {"email": "pending"}

    visitor.confirm()
    assert visitor.page("/profile").boxes == {"consent_email": True, "consent_sms": False}
    visitor.send("/profile", name="Ada", consent_email="1")
    assert visitor.statuses() == {"email": "granted"}
    visitor.send("/profile", name="Ada")

    assert visitor.statuses() == {"email": "withdrawn"}


def test_a_form_that_comes_back_keeps_the_ticks(visitor: Visitor) -> None:
    answer = visitor.client.post("/register", data=visitor.hidden("/register") | ADA | {"name": "", "consent_sms": "1"})

    assert answer.status_code == 422
    form = Page(answer).html.partition("wss-signup")[0]
    assert re.search(r'name="consent_sms"[^>]* checked', form)
    assert not re.search(r'name="consent_email"[^>]* checked', form)
    assert visitor.read(select(ConsentRecord)) == []


@pytest.mark.rule("W23")
def test_a_guest_is_offered_e_mail_only_whatever_she_posts(visitor: Visitor) -> None:
    form = visitor.client.get("/checkout").text.partition("wss-signup")[0]
    assert "consent_email" in form
    assert "consent_sms" not in form

    page = visitor.send("/checkout", email="gus@example.com", consent_email="1", consent_sms="1")
    assert "only agree to e-mail" in page.words
    assert visitor.statuses() == {}

    visitor.send("/checkout", email="gus@example.com", consent_email="1")
    assert visitor.statuses() == {"email": "pending"}


def test_a_customer_who_orders_is_offered_every_channel(visitor: Visitor) -> None:
    visitor.send("/register", **ADA)

    assert visitor.page("/checkout").boxes == {"consent_email": False, "consent_sms": False}
    visitor.send("/checkout", email="ada@example.com", consent_sms="1")

    assert visitor.statuses() == {"sms": "pending"}


@pytest.mark.rule("W28")
def test_the_footers_form_signs_up_on_any_page(visitor: Visitor) -> None:
    page = visitor.page("/register")
    [footer] = [form for form in page.forms if "wss-signup" in (form.get("class") or "")]
    token = re.findall(r'wss-signup.*?name="consent_token" value="([^"]+)"', page.html, re.DOTALL)[-1]
    fields = {"email": "nora@example.com", "consent_email": "1", "consent_token": unescape(token)}

    answer = visitor.client.post(str(footer["action"]), data=fields, follow_redirects=True)

    assert "please confirm there" in Page(answer).words
    visitor.confirm()
    assert visitor.statuses() == {"email": "granted"}


@pytest.mark.rule("W28")
def test_whoever_is_logged_in_is_led_to_the_profile(visitor: Visitor) -> None:
    visitor.send("/register", **ADA)
    prefix = visitor.plugin.settings.url_prefix

    assert "/profile" in visitor.page("/checkout").links
    assert 'wss-signup"' not in visitor.page("/checkout").html
    assert visitor.client.get(f"{prefix}/signup").headers["Location"] == "/profile"


@pytest.mark.parametrize("url", ["/register", "/checkout"])
def test_the_pages_are_sound_html(visitor: Visitor, url: str) -> None:
    page = visitor.page(url)

    ids = Counter(re.findall(r'\bid="([^"]+)"', page.html))
    assert [name for name, number in ids.items() if number > 1] == []
    assert set(re.findall(r'\bfor="([^"]+)"', page.html)) <= set(ids)
    assert not re.search(r"<form(?:(?!</form>).)*<form", page.html, re.DOTALL)
    assert "style=" not in page.html
    assert "<script" not in page.html


def test_a_forged_choice_stops_the_form_before_a_customer_is_made(visitor: Visitor) -> None:
    fields = visitor.hidden("/register") | ADA | {"consent_email": "1", "consent_token": "forged"}

    page = Page(visitor.client.post("/register", data=fields, follow_redirects=True))

    assert "could not be read" in page.words
    assert visitor.statuses() == {}
