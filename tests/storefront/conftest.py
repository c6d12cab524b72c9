"""A shop with a page for every place of the boxes, and a customer's browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextvars import Context
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, abort, render_template_string, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Integer, String, func, select
from werkzeug.test import TestResponse

from tests.shops import Shop, make_shop
from webshop_segments import storefront
from webshop_segments.consent import state
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.directory.people import PersonKey
from webshop_segments.notices.models import Notice

FORM = """<!doctype html><title>Shop</title><form method="post">
{% if csrf_token %}<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">{% endif %}
{{ consent_fields(place, contact_ref=contact) }}<button>Go</button></form>"""


class Page(HTMLParser):
    """The fields, buttons and words of a page."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        self.response, self.html = response, response.text
        self.fields: list[dict[str, str | None]] = []
        self.buttons: list[dict[str, str | None]] = []
        self.forms: list[dict[str, str | None]] = []
        self.links: list[str | None] = []
        self.language: str | None = None
        self._words: list[str] = []
        self.feed(self.html)
        self.words = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kinds = {"input": self.fields, "button": self.buttons, "form": self.forms}
        if tag in kinds:
            kinds[tag].append(dict(attrs))
        if tag == "a":
            self.links.append(dict(attrs).get("href"))
        if tag == "html":
            self.language = dict(attrs).get("lang")

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    @property
    def boxes(self) -> dict[str | None, bool]:
        """The checkboxes by name, and whether each is ticked."""
        return {field["name"]: "checked" in field for field in self.fields if field.get("type") == "checkbox"}

    @property
    def hidden(self) -> dict[str, str]:
        """What the form posts without anybody's doing."""
        return {field["name"] or "": field["value"] or "" for field in self.fields if field.get("type") == "hidden"}


class Front:
    """A browser in the shop; every request has contexts of its own, as on a real server."""

    def __init__(self, shop: Shop, schema: str | None) -> None:
        self.shop = shop
        self.Order = _order_table(shop, schema)
        _add_pages(shop.app, shop.db, self.Order)
        self.client = shop.app.test_client(use_cookies=False)

    def open(self, method: str, url: str, **options: Any) -> TestResponse:
        self.shop.session.commit()
        response: TestResponse = Context().run(self.client.open, url, method=method, **options)
        self.shop.session.expire_all()
        return response

    def page(self, url: str, **options: Any) -> Page:
        return Page(self.open("GET", url, **options))

    def post(self, url: str, form: dict[str, str] | None = None, **options: Any) -> TestResponse:
        return self.open("POST", url, data=form or {}, **options)

    def form(self, place: str, customer: Any = None) -> Page:
        """The page of a place, as a customer or a guest sees it."""
        return self.page(_url(place, customer))

    def submit(self, place: str, customer: Any = None, **fields: str) -> dict[str, Any]:
        """Open a place's page and send its form, with further fields; what the shop learned of it."""
        return self.send(place, self.form(place, customer).hidden | fields, customer)

    def send(self, place: str, form: dict[str, str], customer: Any = None) -> dict[str, Any]:
        response = self.post(_url(place, customer), {"email": "guest@example.com"} | form)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.get_json()
        return answer

    def statuses(self, person: Any) -> dict[str, str]:
        """Per channel what holds for a customer or a person's key."""
        key = person if isinstance(person, PersonKey) else PersonKey("contact", str(person.id))
        return {channel: status for channel, (_row, status) in state.of_person(self.shop.session, key).items()}

    @property
    def records(self) -> Sequence[ConsentRecord]:
        return self.shop.session.scalars(select(ConsentRecord).order_by(ConsentRecord.id)).all()

    @property
    def actions(self) -> list[tuple[str, str]]:
        """The ledger in short: (action, channel)."""
        return [(record.action, record.channel) for record in self.records]

    @property
    def orders(self) -> int:
        return self.shop.session.scalar(select(func.count()).select_from(self.Order)) or 0

    @property
    def notices(self) -> Sequence[Notice]:
        return self.shop.session.scalars(select(Notice).order_by(Notice.id)).all()

    def confirmation_link(self) -> str:
        """The path of the newest confirmation mail's link."""
        return self.confirmation_links()[-1]

    def confirmation_links(self) -> list[str]:
        texts = "\n".join(notice.text or "" for notice in self.notices)
        return re.findall(r"https://shop\.example(/\S+/c/\S+)", texts)

    def code(self) -> str:
        """The code in the newest message."""
        found = re.match(r"(\d{6}) ", self.notices[-1].text or "")
        assert found, self.notices[-1].text
        return found.group(1)


def _url(place: str, customer: Any) -> str:
    return f"/{place}?contact={customer.id}" if customer is not None else f"/{place}"


def _order_table(shop: Shop, schema: str | None) -> Any:
    class Order(shop.db.Model):  # type: ignore[name-defined,misc]
        __table_args__ = {"schema": schema}
        id = shop.db.Column(Integer, primary_key=True)
        email = shop.db.Column(String(254), nullable=False)

    shop.db.create_all()
    return Order


def _add_pages(app: Flask, db: Any, order: Any) -> None:
    @app.route("/<any(registration, checkout, guest_checkout, profile):place>", methods=["GET", "POST"])
    def place_page(place: str) -> ResponseReturnValue:
        contact = request.args.get("contact")
        if request.method == "GET" or "again" in request.form:
            return render_template_string(FORM, place=place, contact=contact)
        db.session.add(order(email=request.form["email"]))
        db.session.flush()
        if contact is not None:
            outcome = storefront.record(place, contact_ref=contact)
        elif place in ("guest_checkout", "checkout"):
            outcome = storefront.record(place, guest=storefront.Guest(email=request.form["email"], first_name="Gus"))
        else:
            abort(401)
        db.session.commit()
        return {"saved": outcome.saved, "message": outcome.message}


@pytest.fixture
def front(shop: Shop, host_schema: str | None) -> Front:
    """A browser in a shop that asks for e-mail and SMS."""
    front = Front(shop, host_schema)
    shop.publish("email", "sms")
    return front


@pytest.fixture
def guarded_front(database_url: str, host_schema: str | None) -> Iterator[Front]:
    """The same in a shop that asks for a CSRF token with every form."""
    shop = make_shop(database_url, schema=host_schema, csrf=True)
    with shop.app.app_context():
        front = Front(shop, host_schema)
        shop.publish("email", "sms")
        yield front
        shop.db.session.remove()
        shop.plugin.engine.dispose()
