"""What stands in a confirmation and around a newsletter, and what must not."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from tests.storefront.conftest import Front
from webshop_segments.plugin import EXTENSION

NASTY = 'Bike "{{ 7 | times: 7 }}" & <Sons> {% raw %}'


def call_the_shop(front: Front, name: str) -> None:
    settings = replace(front.shop.plugin.settings, shop_name=name, imprint=f"{name}\nHigh Street 1")
    front.shop.app.extensions[EXTENSION] = replace(front.shop.plugin, settings=settings)


def sent(front: Front) -> tuple[EmailMessage, str, str]:
    """The last message that left, its text and its HTML."""
    front.shop.work()
    mail = message_from_bytes(front.shop.email.sent[-1].content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert isinstance(text, EmailMessage)
    assert isinstance(page, EmailMessage)
    return mail, text.get_content().replace("\r\n", "\n"), page.get_content()


def asked(front: Front, **values: Any) -> tuple[EmailMessage, str, str]:
    customer = front.shop.customer("ada@example.com", email_verified=False, **values)
    front.submit("registration", customer, consent_email="1")
    return sent(front)


def newsletter(front: Front, **values: Any) -> tuple[EmailMessage, str, str]:
    front.shop.agreed("ada@example.com")
    front.shop.send(front.shop.newsletter(**values), control_copy=False)
    return sent(front)


@pytest.mark.rule("C12")
@pytest.mark.rule("E13")
def test_a_confirmation_says_who_asks_what_for_and_what_if_it_was_somebody_else(front: Front) -> None:
    mail, text, page = asked(front, first_name="Ada <3")

    assert mail["To"] == "ada@example.com"
    for part in (text, page):
        assert "news and offers) from Test shop:" in part
        assert "by e-mail" in part
        assert "https://shop.example/marketing/c/" in part
        assert "If it was not you, do nothing" in part
        assert "7 days" in part
        assert "High Street 1" in part
        assert "https://shop.example/privacy" in part
    assert "Hello Ada <3," in text
    assert "Hello Ada &lt;3," in page


@pytest.mark.rule("C12")
@pytest.mark.rule("E13")
def test_a_confirmation_advertises_nothing(front: Front) -> None:
    mail, text, page = asked(front)

    assert not [name for name in mail.keys() if name.lower().startswith("list-")]
    assert "<img" not in page
    assert "unsubscribe" not in (text + page).lower()
    links = {word for word in text.split() if word.startswith("http")}
    assert len(links) == 2


def test_a_shop_may_be_called_anything(front: Front) -> None:
    call_the_shop(front, NASTY)

    _mail, text, page = asked(front)

    assert NASTY in text
    assert "Bike &#34;{{ 7 | times: 7 }}&#34; &amp; &lt;Sons&gt; {% raw %}" in page


@pytest.mark.rule("E10")
def test_a_newsletter_says_why_it_came_and_how_to_end_it_in_both_parts(front: Front) -> None:
    mail, text, page = newsletter(front)

    address = mail["List-Unsubscribe"].strip("<>")
    for part in (text, page):
        assert part.count(address) == 1
        assert "because you agreed to news from Test shop at this address" in part
        assert "High Street 1, 12345 Town" in part
        assert "Dear Ada, look." in part
    assert '<html lang="en">' in page


@pytest.mark.rule("E27")
def test_shop_imprint_and_preview_line_are_words_and_no_template(front: Front) -> None:
    call_the_shop(front, NASTY)

    _mail, text, page = newsletter(front, preheader='Only "now": {{ first_name }} & {% if')

    escaped = "Bike &#34;{{ 7 | times: 7 }}&#34; &amp; &lt;Sons&gt; {% raw %}"
    assert page.count(escaped) == 5
    assert f"{escaped}<br>High Street 1" in page
    assert "Only &#34;now&#34;: {{ first_name }} &amp; {% if" in page
    assert f"{NASTY}\nHigh Street 1" in text
    assert "Only" not in text


def test_a_newsletter_without_preview_line_hides_nothing(front: Front) -> None:
    _mail, _text, page = newsletter(front)

    assert "display:none" not in page


def test_a_newsletter_speaks_its_own_language(front: Front) -> None:
    front.shop.agreed("ada@example.com", locale="de")
    front.shop.send(front.shop.newsletter(language="de"), control_copy=False)

    _mail, _text, page = sent(front)

    assert '<html lang="de">' in page
