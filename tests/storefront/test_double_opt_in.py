"""A consent by e-mail counts once the button behind the confirmation mail's link is pressed, and not before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.storefront.conftest import Front
from webshop_segments.signals import consent_confirmed


@pytest.fixture
def customer(front: Front) -> Any:
    """A customer with an unverified address and a phone, who has ticked e-mail at registration."""
    row = front.shop.customer("ada@example.com", email_verified=False, phone="+4915123456789")
    answer = front.submit("registration", row, consent_email="1")
    assert answer == {"saved": True, "message": "We have sent you an e-mail. Please confirm with the link in it."}
    return row


@pytest.mark.rule("C11")
def test_until_it_is_confirmed_nothing_is_sent(front: Front, customer: Any) -> None:
    assert front.statuses(customer) == {"email": "pending"}
    front.shop.agreed("bob@example.com")

    front.shop.send(front.shop.newsletter(), control_copy=False)
    front.shop.work()

    sent = [(message.address, b"Please confirm" in message.content) for message in front.shop.email.sent]
    assert sent == [("ada@example.com", True), ("bob@example.com", False)]


@pytest.mark.rule("C14")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_scanner_that_follows_the_link_confirms_nothing(front: Front, customer: Any, method: str) -> None:
    before = front.actions

    response = front.open(method, front.confirmation_link(), headers={"Purpose": "prefetch"})

    assert response.status_code == 200
    assert front.actions == before
    assert front.statuses(customer) == {"email": "pending"}


@pytest.mark.rule("C03")
@pytest.mark.rule("C09")
def test_the_page_shows_the_text_and_one_button(front: Front, customer: Any) -> None:
    page = front.page(front.confirmation_link())

    assert "commercial information (news and offers) from Test shop: by e-mail" in page.words
    assert "You can withdraw it at any time" in page.words
    assert [(form["method"], form["action"]) for form in page.forms] == [("post", front.confirmation_link())]
    assert len(page.buttons) == 1
    assert page.fields == []


@pytest.mark.rule("C11")
@pytest.mark.rule("C23")
def test_the_button_confirms_with_a_record_of_both_moments(front: Front, customer: Any) -> None:
    confirmed: list[dict[str, Any]] = []

    def note(_app: Any, **payload: Any) -> None:
        confirmed.append(payload)

    with consent_confirmed.connected_to(note):
        response = front.post(front.confirmation_link(), environ_base={"REMOTE_ADDR": "203.0.113.9"})

    assert response.status_code == 200
    assert front.statuses(customer) == {"email": "granted"}
    assert [(record.action, record.source) for record in front.records] == [
        ("requested", "registration"),
        ("confirmed", "confirmation"),
    ]
    evidence = [record.evidence.ip for record in front.records if record.evidence is not None]
    assert evidence == ["127.0.0.1", "203.0.113.9"]
    assert confirmed == [
        {"person_kind": "contact", "person_ref": str(customer.id), "channel": "email", "address": "ada@example.com"}
    ]


@pytest.mark.rule("C14")
def test_pressing_the_button_twice_is_the_same_as_once(front: Front, customer: Any) -> None:
    first, second = (front.post(front.confirmation_link()) for _ in range(2))

    assert first.status_code == second.status_code == 200
    assert first.text == second.text
    assert front.actions == [("requested", "email"), ("confirmed", "email")]
    assert "You have confirmed already" in front.page(front.confirmation_link()).words


@pytest.mark.rule("C14")
def test_an_expired_link_grants_nothing_and_says_what_to_do(front: Front, customer: Any) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8)):
        page = front.page(front.confirmation_link())
        assert page.response.status_code == 200
        response = front.post(front.confirmation_link())

    assert response.status_code == 410
    assert "tick the box again" in response.text
    assert front.statuses(customer) == {"email": "pending"}


@pytest.mark.rule("C14")
def test_a_newer_request_takes_the_place_of_an_older_one(front: Front, customer: Any) -> None:
    older = front.confirmation_link()
    front.submit("registration", customer, consent_email="1")

    assert front.post(older).status_code == 410
    assert front.post(front.confirmation_link()).status_code == 200
    assert front.statuses(customer) == {"email": "granted"}


@pytest.mark.rule("C40")
def test_a_link_used_after_a_withdrawal_grants_nothing(front: Front, customer: Any) -> None:
    link = front.confirmation_link()
    front.post(link)
    front.submit("profile", customer)
    assert front.statuses(customer) == {"email": "withdrawn"}

    assert front.post(link).status_code == 410
    assert front.statuses(customer) == {"email": "withdrawn"}


@pytest.mark.rule("C14")
@pytest.mark.parametrize("token", ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%C3%A9", "MQ"])
def test_a_forged_link_says_only_that_it_cannot_be_read(front: Front, customer: Any, token: str) -> None:
    page = front.page(f"/marketing/c/{token}")

    assert page.response.status_code == 404
    assert "This link cannot be read" in page.words
    assert "shop@shop.example" in page.words
    assert front.post(f"/marketing/c/{token}").status_code == 410
    assert front.actions == [("requested", "email")]


@pytest.mark.rule("C13")
def test_confirming_the_e_mail_says_nothing_about_the_phone(front: Front, customer: Any) -> None:
    link = front.confirmation_link()
    front.submit("registration", customer, consent_sms="1")

    front.post(link)

    assert front.statuses(customer) == {"email": "granted", "sms": "pending"}


@pytest.mark.rule("C12")
def test_an_address_is_asked_three_times_a_day_and_its_last_link_stays_good(front: Front, customer: Any) -> None:
    answers = [front.submit("registration", customer, consent_email="1") for _ in range(4)]

    assert len(front.notices) == 3
    assert "We have written to you several times today" in answers[-1]["message"]
    front.post(front.confirmation_link())
    assert front.statuses(customer) == {"email": "granted"}
