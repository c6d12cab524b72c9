"""Each message can be looked at in the browser, by its recipient's own signed link, and nothing in it runs (W51)."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.newsletter import drafts
from tests.shops import Shop
from webshop_segments import storefront
from webshop_segments.consent import tokens
from webshop_segments.newsletter.message import browser_link
from webshop_segments.newsletter.message.compiled import CompiledMessage, Recipient
from webshop_segments.newsletter.models import Delivery, Dispatch

LAYOUT = (
    '<p><a href="{{ wss_browser_url }}">View in browser</a></p>[[wss-content]]<a href="{{ wss_unsubscribe_url }}">x</a>'
)
LINK = re.compile(r"https://shop\.example(/marketing/v/[\w-]+)")


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return shop.app.test_client()


def sent(shop: Shop, **values: str) -> Dispatch:
    """A newsletter to Ada, in a layout that shows the link."""
    dispatch = shop.send(shop.newsletter(**values), control_copy=False)
    dispatch.layout_html, dispatch.layout_text = LAYOUT, "{{ wss_browser_url }}\n[[wss-content]]"
    shop.session.commit()
    shop.work()
    return dispatch


def link(shop: Shop) -> str:
    content = shop.email.sent[-1].content.decode().replace("=\r\n", "").replace("=3D", "=")
    found = LINK.search(content)
    assert found is not None
    return found[1]


@pytest.mark.rule("W51")
def test_the_link_shows_the_content_as_it_was_sent_with_the_persons_data_of_today(
    shop: Shop, client: FlaskClient
) -> None:
    shop.publish()
    ada = shop.agreed("ada@example.com")
    newsletter = shop.newsletter()
    dispatch = sent(shop)
    newsletter.body = "Something else."
    ada.first_name = "Adelheid"
    shop.session.commit()

    answer = client.get(link(shop))

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Dear Adelheid, look." in answer.text
    assert link(shop) in answer.text
    unsubscribe = re.search(r"/u/([\w-]+)", answer.text)
    assert unsubscribe is not None
    meant = tokens.read_unsubscribe(shop.plugin.keys, unsubscribe[1])
    assert meant is not None
    assert meant.person.ref == str(ada.id)
    assert browser_link.read(shop.plugin.keys, link(shop).rpartition("/")[2]) == (dispatch.id, 1)


@pytest.mark.rule("W51")
def test_nothing_in_it_runs_and_no_search_engine_keeps_it(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    shop.agreed("ada@example.com", first_name="<script>alert(1)</script>")
    sent(shop)

    answer = client.get(link(shop))

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "<script" not in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.rule("W51")
def test_after_an_erasure_the_page_says_so_and_shows_nothing(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    ada = shop.agreed("ada@example.com")
    dispatch = sent(shop)
    storefront.forget(contact_ref=ada.id)
    shop.session.commit()

    answer = client.get(link(shop))

    assert answer.status_code == 410
    assert "has been erased" in answer.text
    assert "Dear" not in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert shop.session.get(Delivery, (dispatch.id, 1)) is not None


@pytest.mark.rule("W51")
def test_whoever_is_no_longer_in_the_shop_has_no_message_to_see(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    ada = shop.agreed("ada@example.com")
    sent(shop)
    shop.session.delete(ada)
    shop.session.commit()

    assert client.get(link(shop)).status_code == 410


@pytest.mark.rule("W44")
@pytest.mark.rule("W45")
@pytest.mark.rule("W51")
def test_the_link_of_a_trial_or_a_control_copy_shows_nobodys_message(shop: Shop, client: FlaskClient) -> None:
    compiled = CompiledMessage(
        drafts.draft(layout_html=LAYOUT, layout_text="{{ wss_browser_url }}"), shop.plugin.keys, shop.plugin.settings
    )
    ada = drafts.recipient()
    _subject, text, _html = compiled.preview(Recipient(0, ada.address, ada.person, None))
    found = LINK.search(text)
    assert found is not None

    answer = client.get(found[1])

    assert (answer.status_code, "trial or control copy" in answer.text) == (200, True)


@pytest.mark.parametrize("token", ["cut", "x" * 5000, "%00", "ünsinn", "💥"])
def test_a_link_that_cannot_be_read_says_so(shop: Shop, client: FlaskClient, token: str) -> None:
    answer = client.get(f"/marketing/v/{token}")
    assert (answer.status_code, "cannot be read" in answer.text) == (404, True)


def test_the_token_of_another_purpose_opens_no_message(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    sent(shop)
    token = shop.plugin.keys.sign("unsubscribe", b"1.1")
    assert client.get(f"/marketing/v/{token}").status_code == 404
