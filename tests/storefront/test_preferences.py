"""The page behind a message's link: why it came, stopping it, stopping everything, and turning back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.storefront.conftest import Front, Page
from tests.storefront.test_one_click import token_of
from webshop_segments.consent import suppression, tokens
from webshop_segments.consent.versions import MATERIAL

PHONE = "+4915123456789"


def preferences(front: Front, customer: Any, done: str = "", **options: Any) -> Page:
    return front.page(f"/marketing/u/{token_of(front, customer)}?done={done}", **options)


def press(front: Front, customer: Any, verb: str) -> Page:
    """Press a button of the page and follow where it leads."""
    address = f"/marketing/u/{token_of(front, customer)}/{verb}"
    assert address in [form["action"] for form in preferences(front, customer).forms]
    answer = front.post(address)
    assert answer.status_code == 303
    return front.page(answer.headers["Location"])


@pytest.mark.rule("W52")
def test_the_page_says_why_the_message_came(front: Front) -> None:
    customer = front.shop.customer("ada@example.com", phone=PHONE, email_verified=False)
    front.submit("registration", customer, consent_email="1", consent_sms="1")
    front.post(front.confirmation_link())

    page = preferences(front, customer)

    assert "(registration) and confirmed it on" in page.words
    assert "text you agreed to (version 1)" in page.words
    assert "commercial information (news and offers) from Test shop: by e-mail" in page.words
    assert "by e-mail a…@example.com · You agreed to this." in page.words
    assert "by SMS +491…89 · Waiting for your confirmation." in page.words
    assert "ada@example.com" not in page.html
    assert PHONE not in page.html


@pytest.mark.rule("C40")
@pytest.mark.rule("C43")
@pytest.mark.rule("C45")
def test_one_button_stops_this_channel_and_no_other(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", "sms", phone=PHONE)

    page = press(front, customer, "stop")

    assert front.statuses(customer) == {"email": "withdrawn", "sms": "granted"}
    assert front.records[-1].source == "preference_page"
    assert "Done. You will get no further messages on this channel." in page.words
    assert list(front.notices) == []


@pytest.mark.rule("C43")
def test_nothing_at_all_ends_every_channel(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", "sms", phone=PHONE)

    page = press(front, customer, "stop_all")

    assert front.statuses(customer) == {"email": "withdrawn", "sms": "withdrawn"}
    assert [action for action, _channel in front.actions[-2:]] == ["objected", "objected"]
    assert "no more commercial messages from us at all" in page.words
    assert not [form for form in page.forms if str(form["action"]).endswith(("stop", "stop_all"))]


@pytest.mark.rule("W52")
@pytest.mark.parametrize("verb", ["stop", "stop_all"])
def test_a_slip_of_the_hand_can_be_undone(front: Front, verb: str) -> None:
    customer = front.shop.agreed("ada@example.com")
    press(front, customer, verb)

    page = press(front, customer, "undo")

    assert "Done. You will get our news again." in page.words
    assert front.statuses(customer) == {"email": "granted"}
    key = front.shop.plugin.keys.address_key("email", "ada@example.com")
    assert suppression.reason_of(front.shop.session, "email", key) is None


@pytest.mark.rule("C04")
def test_undoing_brings_back_the_text_that_was_agreed_to_and_no_newer_one(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    press(front, customer, "stop")
    front.shop.publish("email", change=MATERIAL)

    press(front, customer, "undo")

    assert front.records[-1].version is not None
    assert front.records[-1].version.number == 1
    assert front.statuses(customer) == {"email": "needs_renewal"}


@pytest.mark.rule("C49")
def test_a_complaint_cannot_be_undone(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    key = front.shop.plugin.keys.address_key("email", "ada@example.com")
    suppression.suppress(front.shop.session, "email", key, suppression.COMPLAINT)
    front.post(f"/marketing/u/{token_of(front, customer)}")

    front.post(f"/marketing/u/{token_of(front, customer)}/undo")

    assert front.statuses(customer) == {"email": "withdrawn"}
    assert "Undo" not in preferences(front, customer).words


def test_an_undo_without_a_withdrawal_changes_nothing(front: Front) -> None:
    agreed, silent = front.shop.agreed("ada@example.com"), front.shop.customer("bob@example.com")
    before = front.actions

    for customer in (agreed, silent):
        front.post(f"/marketing/u/{token_of(front, customer)}/undo")

    assert front.actions == before


@pytest.mark.rule("E07")
@pytest.mark.parametrize("verb", ["stop", "stop_all", "undo"])
def test_a_button_is_pressed_by_post_only(front: Front, verb: str) -> None:
    customer = front.shop.agreed("ada@example.com")

    assert front.open("GET", f"/marketing/u/{token_of(front, customer)}/{verb}").status_code == 405
    assert front.statuses(customer) == {"email": "granted"}


@pytest.mark.parametrize("done", ["stop", "stop_all", "undo", "<b>"])
def test_the_page_claims_nothing_that_is_not_so(front: Front, done: str) -> None:
    customer = front.shop.agreed("ada@example.com")
    words = preferences(front, customer, done).words
    assert ("Done." in words) == (done == "undo")

    front.post(f"/marketing/u/{token_of(front, customer)}")
    words = preferences(front, customer, done).words
    assert ("Done." in words) == (done in ("stop", "stop_all"))


@pytest.mark.rule("W52")
def test_the_page_is_in_the_persons_language_and_says_so(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", locale="de_AT")

    assert preferences(front, customer).language == "de"
    customer.locale = "fr"
    assert preferences(front, customer, headers={"Accept-Language": "de"}).language == "de"
    assert preferences(front, customer, headers={"Accept-Language": "fr"}).language == "en"


def test_the_page_of_somebody_never_asked_opens_all_the_same(front: Front) -> None:
    page = preferences(front, front.shop.customer("ada@example.com"))

    assert page.response.status_code == 200
    assert "you get no commercial messages on this channel: E-mail" in page.words


@pytest.mark.rule("W44")
@pytest.mark.rule("W45")
def test_the_link_of_a_trial_says_that_it_is_one(front: Front) -> None:
    page = front.page(f"/marketing/u/{tokens.inert_token(front.shop.plugin.keys)}")

    assert page.response.status_code == 200
    assert "trial or control copy" in page.words
    assert page.buttons == []


@pytest.mark.rule("E08")
def test_a_link_that_was_cut_says_how_to_reach_the_shop(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")

    page = front.page(f"/marketing/u/{token_of(front, customer)[:-3]}")

    assert "This link cannot be read" in page.words
    assert "mailto:shop@shop.example" in page.links


@pytest.mark.rule("W52")
def test_the_pages_tell_no_third_party_their_address(front: Front) -> None:
    page = preferences(front, front.shop.agreed("ada@example.com"))

    assert '<meta name="referrer" content="no-referrer">' in page.html
    assert "noindex" in page.html
    assert "Set-Cookie" not in page.response.headers
    assert "<script" not in page.html
    assert "style=" not in page.html
