"""The message on the wire: headers as the standards want them, names as data, seven bits."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest

from tests.newsletter.drafts import compiled, recipient
from tests.shops import Shop
from webshop_segments.consent import tokens
from webshop_segments.directory.people import PersonKey
from webshop_segments.newsletter.message.compiled import one_line


def _sent(shop: Shop, customer: dict[str, str] | None = None, **newsletter: str | bool) -> bytes:
    """What the only recipient gets."""
    shop.publish()
    shop.agreed("jörg@xn--mller-kva.example".replace("ö", "oe"), **(customer or {}))
    shop.send(shop.newsletter(**newsletter), control_copy=False)
    shop.work()
    return shop.email.sent[0].content


def _parsed(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(raw, policy=policy.default))


def _part(raw: bytes, subtype: str) -> str:
    part = _parsed(raw).get_body((subtype,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.rule("E01")
@pytest.mark.rule("E02")
def test_the_one_click_headers_stand_as_the_rfc_wants_them(shop: Shop) -> None:
    raw = _sent(shop)
    head = raw.split(b"\r\n\r\n")[0]
    links = re.findall(rb"^List-Unsubscribe: (<https://shop\.example/marketing/u/[A-Za-z0-9_-]+>)\r?$", head, re.M)
    assert len(links) == len(re.findall(rb"^List-Unsubscribe:", head, re.M)) == 1
    assert re.findall(rb"^List-Unsubscribe-Post: (.*)\r$", head, re.M) == [b"List-Unsubscribe=One-Click"]
    token = links[0].rstrip(b">").rpartition(b"/")[2].decode()
    link = tokens.read_unsubscribe(shop.plugin.keys, token)
    assert link is not None
    assert link.person.kind == "contact"
    assert _part(raw, "plain").count(token) == 1
    assert token in _part(raw, "html")


@pytest.mark.rule("E21")
@pytest.mark.rule("E24")
def test_headers_occur_once_lines_are_short_and_bytes_are_seven_bits_wide(shop: Shop) -> None:
    raw = _sent(shop, subject="Ein sehr langer Betreff über größere Räder " * 5, body="Größe\n.\n" + "ä" * 3000)
    message = _parsed(raw)
    for header in ("From", "To", "Subject", "Date", "Message-ID", "List-Id", "MIME-Version"):
        assert len(message.get_all(header) or []) == 1
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert all(byte < 128 for byte in raw)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Subject"] == ("Ein sehr langer Betreff über größere Räder " * 5).strip()
    assert "ä" * 3000 in _part(raw, "html").replace("\n", "")


@pytest.mark.rule("E26")
@pytest.mark.parametrize("evil", ["\r\nBcc: a@b.example", *"\x0b\x1c\x85\u2028", "=?utf-8?q?=0ABcc:?="])
def test_a_name_cannot_add_a_header(shop: Shop, evil: str) -> None:
    raw = _sent(shop, {"first_name": f"Eve{evil}", "last_name": "Low"}, subject="Hi {{ first_name }}")
    message = _parsed(raw)
    assert "Bcc" not in message
    assert sorted(set(message.keys())) == sorted(message.keys())


@pytest.mark.rule("E21")
def test_addresses_beyond_ascii_are_written_in_a_labels_in_every_header(shop: Shop) -> None:
    raw = _sent(shop, reply_to="info@müller.example")
    assert b"\r\nReply-To: info@xn--mller-kva.example\r\n" in raw
    mail = compiled(sender_address="news@müller.example").fill(recipient())
    assert _parsed(mail)["From"].addresses[0].addr_spec == "news@xn--mller-kva.example"
    assert _parsed(mail)["List-Id"] == "<newsletter.xn--mller-kva.example>"


@pytest.mark.rule("E26")
def test_nul_never_reaches_a_header() -> None:
    assert one_line("Eve\0Low") == "Eve Low"


@pytest.mark.rule("E27")
def test_a_name_is_data_and_never_template_or_markup(shop: Shop) -> None:
    raw = _sent(shop, {"first_name": "{{ 7 | times: 7 }}<b>", "last_name": "{% raw %}"})
    assert "{{ 7 | times: 7 }}<b>" in _part(raw, "plain")
    assert "{{ 7 | times: 7 }}&lt;b&gt;" in _part(raw, "html")


@pytest.mark.rule("E22")
def test_each_message_names_one_recipient_and_has_an_id_of_its_own(shop: Shop) -> None:
    shop.publish()
    for number in range(5):
        shop.agreed(f"p{number}@example.com")
    shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    messages = [_parsed(message.content) for message in shop.email.sent]
    assert len({message["Message-ID"] for message in messages}) == 5
    assert all(len(message["To"].addresses) == 1 for message in messages)
    assert {message["To"].addresses[0].addr_spec for message in messages} == {f"p{n}@example.com" for n in range(5)}


def test_facts_of_contact_and_partner_are_variables(shop: Shop) -> None:
    shop.publish()
    company = shop.company("Räder & Söhne", city="Köln")
    customer = shop.customer("a@example.com", company, birthday="1 May")
    from webshop_segments import storefront

    storefront.give_sample(customer.id, ["email"])
    body = "{{ birthday }} {{ partner.city }} {{ company }}"
    shop.send(shop.newsletter(body=body), control_copy=False)
    shop.work()
    raw = shop.email.sent[0].content
    assert "1 May Köln Räder & Söhne" in _part(raw, "plain")
    assert "1 May Köln Räder &amp; Söhne" in _part(raw, "html")


@pytest.mark.rule("T10")
def test_an_sms_names_the_shop_and_a_way_to_stop(shop: Shop) -> None:
    shop.publish("email", "sms")
    shop.agreed("a@example.com", "sms", phone="+4915123456789", phone_verified=True)
    shop.send(shop.newsletter("sms", subject="", body="Hi {{ first_name }}"), control_copy=False)
    shop.work()
    message = shop.sms.sent[0]
    assert message.address == "+4915123456789"
    text = message.content.decode()
    assert text.startswith("Hi Ada")
    assert "Test shop" in text
    token = re.findall(r"https://shop\.example/marketing/u/(\S+)", text)[0]
    link = tokens.read_unsubscribe(shop.plugin.keys, token)
    assert link is not None
    assert (link.channel, link.person.kind) == ("sms", PersonKey("contact", "").kind)


@pytest.mark.rule("W41")
def test_without_the_unsubscribe_note_its_headers_and_the_link_stay(shop: Shop) -> None:
    raw = _sent(shop, with_note=False)
    assert _parsed(raw)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = str(_parsed(raw)["List-Unsubscribe"]).rpartition("/")[2].rstrip(">")
    for part in (_part(raw, "plain"), _part(raw, "html")):
        assert "You get this e-mail because" not in part
        assert "Unsubscribe" in part
        assert part.count(token) == 1


@pytest.mark.rule("W51")
def test_the_preview_line_the_reply_address_and_the_link_to_the_browser_are_in_the_mail(shop: Shop) -> None:
    raw = _sent(shop, preheader="Two {{ for }} one", reply_to="answers@shop.example")
    assert _parsed(raw)["Reply-To"] == "answers@shop.example"
    html = _part(raw, "html")
    assert "Two {{ for }} one" in html
    assert re.search(r'href="https://shop\.example/marketing/v/[\w-]+"', html)
