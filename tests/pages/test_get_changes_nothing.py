"""GET and HEAD change nothing, anywhere: mail scanners and browsers fetch whatever they see (law 3, C14, E07)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.routing import Rule

from tests.pages.examples import EMAIL, address, examples, make_panel
from tests.shops import Shop, Statements
from webshop_segments.administration import accounts, links
from webshop_segments.consent import tokens
from webshop_segments.consent.tokens import Link
from webshop_segments.directory.people import PersonKey


@pytest.fixture
def shop(database_url: str, host_schema: str | None) -> Iterator[Shop]:
    made = make_panel(database_url, host_schema, csrf=False)
    with made.app.app_context():
        made.plugin.check_stamp()
        yield made
        made.db.session.remove()
        made.plugin.engine.dispose()


@pytest.mark.rule("E07")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_page_writes_when_it_is_only_looked_at(shop: Shop, method: str) -> None:
    values = examples(shop) | tokens_of(shop)
    looked = 0
    for rule in _pages(shop):
        url = address(rule, values)
        with Statements(shop.plugin.engine) as statements:
            answer = shop.app.test_client().open(url, method=method)
        assert answer.status_code < 500, url
        writes = [line for line in statements.texts if line.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
        assert writes == [], f"{method} {url} writes"
        looked += 1
    assert looked > 30


def tokens_of(shop: Shop) -> dict[str, Any]:
    """A token for each kind of link in a mail."""
    wired = shop.plugin
    (person,) = shop.session.query(shop.Customer).filter_by(email=EMAIL)
    link = Link(PersonKey("contact", str(person.id)), "email", wired.keys.address_key("email", EMAIL))
    invited = accounts.everyone(shop.session)[1]

    def mailed(kind: str) -> str:
        return links.link(wired.keys, wired.settings, kind, invited).rpartition("/")[2]

    return {
        "token": tokens.unsubscribe_token(wired.keys, link),
        "wss_public.confirmation_page:token": tokens.confirmation_token(wired.keys, 1),
        "wss_admin.accept_invitation:token": links.link(
            wired.keys, wired.settings, links.INVITATION, invited
        ).rpartition("/")[2],
        "wss_admin.reset_password:token": links.link(wired.keys, wired.settings, links.PASSWORD, invited).rpartition(
            "/"
        )[2],
    }


def _pages(shop: Shop) -> list[Rule]:
    ours = ("wss_admin.", "wss_public.")
    return [
        rule
        for rule in shop.app.url_map.iter_rules()
        if rule.endpoint.startswith(ours) and "GET" in (rule.methods or ()) and not rule.endpoint.endswith(".static")
    ]
