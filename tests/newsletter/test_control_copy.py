"""A newsletter to everybody also goes to the shop, once: marked, counted nowhere, unsubscribing nobody (W44)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.consent.deeds import PHONE
from tests.segments.lists import partner, segment
from tests.shops import Shop
from webshop_segments.channel import Message
from webshop_segments.consent.models import ConsentState
from webshop_segments.newsletter import results

SHOP = "shop@shop.example"


def without_addresses(shop: Shop, **configured: str | None) -> None:
    """Settings are read once; here they change."""
    for name, value in {"shop_email": None, "shop_phone": None, **configured}.items():
        object.__setattr__(shop.plugin.settings, name, value)


def copies(messages: list[Message]) -> list[bytes]:
    return [message.content for message in messages if b"[Copy]" in message.content]


@pytest.mark.rule("W44")
def test_the_copy_is_marked_and_not_counted(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    dispatch = shop.send(shop.newsletter())
    shop.work()

    assert len(shop.email.sent) == 2
    assert len(copies(shop.email.sent)) == 1
    found = results.of_dispatch(shop.session, dispatch)
    assert (found.recipients, found.people, found.by_status, found.control) == (1, 1, {"sent": 1}, "sent")
    shown = shop.app.test_client().get(f"/marketing/dispatches/{dispatch.id}").text
    assert f"Control copy to {SHOP}: sent" in shown


@pytest.mark.rule("W44")
def test_it_is_left_out_where_its_address_is_a_recipient_however_that_is_written(shop: Shop) -> None:
    shop.publish()
    shop.agreed("Shop@SHOP.example")
    dispatch = shop.send(shop.newsletter())
    shop.work()

    assert [message.address.lower() for message in shop.email.sent] == [SHOP]
    assert copies(shop.email.sent) == []
    shown = shop.app.test_client().get(f"/marketing/dispatches/{dispatch.id}").text
    assert "left out, it is a recipient anyway" in shown


@pytest.mark.rule("W44")
def test_its_unsubscribe_link_is_inert_and_says_so(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    shop.send(shop.newsletter())
    shop.work()
    (copy,) = copies(shop.email.sent)
    links = set(re.findall(r"/marketing/u/[\w-]+", copy.decode().replace("=\r\n", "")))
    assert len(links) == 1

    client, link = shop.app.test_client(), links.pop()

    assert "trial or control copy" in client.get(link).text
    assert client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert shop.session.scalars(select(ConsentState.status)).all() == ["granted"]


@pytest.mark.rule("W44")
def test_it_is_on_as_soon_as_an_address_is_configured_and_can_be_switched_off(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    newsletter, client = shop.newsletter(), shop.app.test_client()
    shop.session.commit()
    page = f"/marketing/newsletters/{newsletter.id}/confirm"
    tick = re.search(r'<input[^>]*name="control_copy"[^>]*>', client.get(f"{page}?audience=all").text)
    assert tick is not None
    assert "checked" in tick[0]

    client.post(page, data={"audience": "all", "request_key": "k", "when": "now"})
    shop.work()

    assert [message.address for message in shop.email.sent] == ["ada@example.com"]


@pytest.mark.rule("W44")
def test_without_a_configured_address_the_page_says_so_and_the_newsletter_still_goes(shop: Shop) -> None:
    without_addresses(shop)
    shop.email.sender = ("Test shop", "news@shop.example")  # type: ignore[attr-defined]
    shop.publish()
    shop.agreed("ada@example.com")
    newsletter, client = shop.newsletter(), shop.app.test_client()
    shop.session.commit()
    page = f"/marketing/newsletters/{newsletter.id}/confirm"
    shown = client.get(f"{page}?audience=all").text
    assert "No control copy: the shop has no address configured for E-mail" in shown
    assert 'name="control_copy"' not in shown

    answer = client.post(page, data={"audience": "all", "request_key": "k", "when": "now", "control_copy": "y"})
    shop.work()

    assert answer.status_code == 303
    assert [message.address for message in shop.email.sent] == ["ada@example.com"]


@pytest.mark.rule("W44")
def test_a_newsletter_to_segments_has_no_copy(shop: Shop) -> None:
    shop.publish()
    chosen = segment(shop, "Bikers", partner(shop.agreed("ada@example.com")))
    dispatch = shop.send(shop.newsletter(), chosen.id)
    shop.work()
    assert dispatch.control_address is None
    assert [message.address for message in shop.email.sent] == ["ada@example.com"]


@pytest.mark.rule("W44")
def test_that_of_an_sms_goes_to_the_configured_phone(shop: Shop) -> None:
    without_addresses(shop, shop_phone="+49 151 99999999")
    shop.publish("sms")
    shop.agreed("ada@example.com", "sms", phone=PHONE, phone_verified=True)
    shop.send(shop.newsletter("sms", subject="", body="Look."))
    shop.work()

    assert {message.address for message in shop.sms.sent} == {PHONE, "+4915199999999"}
    (copy,) = copies(shop.sms.sent)
    assert copy.startswith(b"[Copy] ")
