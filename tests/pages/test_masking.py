"""Without personal_data.view no name, address or number of a customer is seen anywhere (W53)."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.pages.examples import COMPANY, FIRST, LAST, SECRETS, examples, make_panel, requests
from tests.shops import Shop
from tests.support.html import HtmlForm, Page
from webshop_segments import Columns, SQLAlchemyShop
from webshop_segments.access import FLAGS
from webshop_segments.plugin import EXTENSION

pytestmark = pytest.mark.rule("W53")

PANEL = "/marketing/"
MOST_PAGES = 600


@pytest.fixture
def shop(database_url: str, host_schema: str | None) -> Iterator[Shop]:
    """A shop that tells us of its partners all that could tell who they are; a city alone does not."""
    made = make_panel(database_url, host_schema, csrf=False)
    port = SQLAlchemyShop(
        contacts=_columns(made.Customer, "contact_ref", partner_ref="company_id", email="email", phone="phone",
                          first_name="first_name", last_name="last_name", locale="locale",
                          email_verified="email_verified", phone_verified="phone_verified"),
        partners=_columns(made.Company, "partner_ref", name="name", created_at="created_at", email="city",
                          phone="city", tax_number="city", street="city"),
    )  # fmt: skip
    made.app.extensions[EXTENSION] = dataclasses.replace(made.plugin, shop=port)
    with made.app.app_context():
        made.plugin.check_stamp()
        yield made
        made.db.session.remove()
        made.plugin.engine.dispose()


def _columns(table: Any, key: str, **others: str) -> Columns:
    return Columns(table, **{key: "id"}, is_active="is_active", **others)


class Reader:
    """Goes wherever the pages lead, and notes every place where a secret is seen."""

    def __init__(self, client: FlaskClient) -> None:
        self.leaks: set[str] = set()
        self.seen: set[str] = set()
        self.forms: dict[Any, HtmlForm] = {}
        self._client = client

    def read(self, addresses: list[str]) -> None:
        """Open these pages and all that they link to."""
        waiting, known = list(addresses), set(addresses)
        while waiting and len(known) < MOST_PAGES:
            url = waiting.pop(0)
            page = self._open("GET", url)
            found = Page(page, url)
            for form in found.posts():
                names = tuple(name for name, _value in form.values)
                self.forms.setdefault((form.action.partition("?")[0], names), form)
            links = [_inside(link, url) for link in [*found.links, *_asked(found)]]
            waiting += [link for link in dict.fromkeys(links) if link and link not in known]
            known |= {link for link in links if link}

    def tick_all(self, action: str) -> None:
        """Send the form of an action with everything ticked that can be."""
        (form,) = [form for form in self.forms.values() if form.action.partition("?")[0].endswith(action)]
        data: dict[str, list[str]] = {}
        for name, value in form.options:
            data.setdefault(name, []).append(value)
        answer = self._client.post(form.action, data=data)
        assert (answer.status_code, len(form.options) > 10) == (303, True)

    def send(self) -> None:
        """Send every form the pages held, with each of its buttons; what destroys comes last."""
        ends = ("delete", "remove", "block", "logout", "cancel", "withdraw", "forget", "discard")
        last = sorted(self.forms.values(), key=lambda form: any(word in form.action for word in ends))
        for form in last:
            for button in form.buttons or [("", "")]:
                data: dict[str, list[str]] = {}
                for name, value in [*form.values, *([button] if button[0] else [])]:
                    data.setdefault(name, []).append(value)
                self._open("POST", form.action, data=data, follow_redirects=True)

    def _open(self, method: str, url: str, **options: Any) -> str:
        answer = self._client.open(url, method=method, **options)
        heads = " ".join(f"{name}: {value}" for name, value in answer.headers)
        text = f"{heads}\n{answer.get_data(as_text=True)}"
        shown = "\n".join((text, html.unescape(text), unquote_plus(text)))
        for secret in SECRETS:
            if secret in shown:
                self.seen.add(secret)
                place = next((line.strip() for line in shown.splitlines() if secret in line), "")
                self.leaks.add(f"{method} {url} shows “{secret}”: {place[:160]}")
        return answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""


def _asked(page: Page) -> Iterator[str]:
    """The addresses that a page's searches and filters lead to, one choice at a time."""
    for form in page.forms:
        if form.method == "get":
            for name, value in form.options or [("", "")]:
                chosen = [pair for pair in form.values if pair[0] != name] + ([(name, value)] if name else [])
                yield f"{form.action.partition('?')[0]}?{urlencode(chosen)}"


def _inside(link: str, page: str) -> str:
    """A link's address if it leads to a page of the panel."""
    parts = urlsplit(link)
    path = parts.path or urlsplit(page).path
    if parts.scheme or parts.netloc or not path.startswith(PANEL) or "/static/" in path or link.startswith("#"):
        return ""
    return f"{path}?{parts.query}" if parts.query else path


def start(shop: Shop) -> list[str]:
    """Every page with an example, and searches for parts of what must not be seen."""
    pages = [request.url for request in requests(shop, examples(shop)) if request.method == "GET"]
    searches = [
        f"{url.partition('?')[0]}?q={part}" for url in pages for part in (FIRST[:4], LAST[:4].lower(), COMPANY[:4])
    ]
    return [*pages, *searches]


def test_no_page_file_or_message_shows_a_customers_name_or_address(shop: Shop) -> None:
    pages, reader = start(shop), Reader(shop.app.test_client())
    shop.staff.flags = set(FLAGS) - {"personal_data.view"}
    reader.read(pages)
    reader.tick_all("/columns")
    reader.read(pages)
    reader.send()
    assert not reader.leaks, "\n".join(sorted(reader.leaks))


def test_whoever_may_see_them_sees_them_all(shop: Shop) -> None:
    reader = Reader(shop.app.test_client())
    reader.read(start(shop))
    reader.send()
    assert reader.seen == set(SECRETS)
