"""The boxes of the preference page: fewer channels at a click, more only after the address itself has confirmed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from werkzeug.test import TestResponse

from tests.shops import Statements
from tests.storefront.conftest import Front, Page
from tests.storefront.test_one_click import one_click, token_of
from webshop_segments import storefront
from webshop_segments.consent import suppression
from webshop_segments.consent.versions import MATERIAL

pytestmark = pytest.mark.rule("W52")

PHONE = "+4915123456789"


def choose(front: Front, customer: Any, *channels: str, **fields: str) -> TestResponse:
    """Open the page, leave these boxes ticked, save."""
    link = f"/marketing/u/{token_of(front, customer)}"
    ticked = {f"consent_{channel}": "1" for channel in channels}
    return front.post(f"{link}/choose", front.page(link).hidden | ticked | fields)


def followed(front: Front, answer: TestResponse) -> Page:
    assert answer.status_code == 303
    return front.page(answer.headers["Location"])


@pytest.mark.rule("C43")
def test_sms_stays_and_e_mail_ends(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", "sms", phone=PHONE)
    twin = front.shop.agreed("ada@example.com")

    page = followed(front, choose(front, customer, "sms"))

    assert "What you chose is saved" in page.words
    assert front.statuses(customer) == {"email": "withdrawn", "sms": "granted"}
    assert front.statuses(twin) == {"email": "withdrawn"}
    assert front.records[-1].source == "preference_page"
    assert "Undo: send me news again" in page.words
    key = front.shop.plugin.keys.address_key("email", "ada@example.com")
    assert suppression.reason_of(front.shop.session, "email", key) == "withdrawn"


@pytest.mark.rule("C13")
def test_a_channel_that_is_added_is_asked_to_confirm(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", phone=PHONE, phone_verified=True)

    page = followed(front, choose(front, customer, "email", "sms"))

    assert "a message asks you to confirm" in page.words
    assert front.statuses(customer) == {"email": "granted", "sms": "pending"}
    assert front.notices[-1].address == PHONE
    form = {"consent_code_sms": front.code(), **page.hidden}
    done = Page(front.post("/marketing/code/sms", form))
    assert "your number is confirmed" in done.words
    assert f"/marketing/u/{token_of(front, customer)}" in done.links
    assert front.statuses(customer) == {"email": "granted", "sms": "granted"}


@pytest.mark.rule("C49")
def test_long_after_the_withdrawal_the_address_is_asked_anew(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    one_click(front, token_of(front, customer))

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25)):
        link = f"/marketing/u/{token_of(front, customer)}"
        assert "Undo" not in front.page(link).words
        front.post(f"{link}/undo")
        assert front.statuses(customer) == {"email": "withdrawn"}
        choose(front, customer, "email")
        assert front.statuses(customer) == {"email": "pending"}
        front.post(front.confirmation_link())

    assert front.statuses(customer) == {"email": "granted"}


def test_what_was_withdrawn_in_the_profile_is_not_turned_back_by_a_forwarded_message(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    front.submit("profile", customer)

    front.post(f"/marketing/u/{token_of(front, customer)}/undo")

    assert front.statuses(customer) == {"email": "withdrawn"}


@pytest.mark.rule("W25")
def test_a_changed_text_is_agreed_to_by_the_address_itself(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    front.shop.publish("email", "sms", change=MATERIAL)

    choose(front, customer, "email")

    assert front.statuses(customer) == {"email": "pending"}
    front.post(front.confirmation_link())
    assert front.statuses(customer) == {"email": "granted"}


@pytest.mark.rule("C22")
def test_only_boxes_that_could_be_ticked_are_shown(front: Front) -> None:
    front.shop.publish("email", "sms", "phone")
    without_number = front.shop.agreed("ada@example.com")
    with_number = front.shop.agreed("bob@example.com", phone=PHONE)

    def boxes(customer: Any) -> list[str | None]:
        return list(front.page(f"/marketing/u/{token_of(front, customer)}").boxes)

    assert boxes(without_number) == ["consent_email"]
    assert boxes(with_number) == ["consent_email", "consent_sms"]


def test_a_page_open_for_too_long_changes_nothing_and_says_so(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", "sms", phone=PHONE)
    link = f"/marketing/u/{token_of(front, customer)}"
    opened = front.page(link).hidden

    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        answer = front.post(f"{link}/choose", opened)

    assert answer.status_code == 422
    assert "open for too long" in Page(answer).words
    assert front.statuses(customer) == {"email": "granted", "sms": "granted"}
    assert front.post(f"{link}/choose", {"consent_email": "1"}).status_code == 422
    assert front.post("/marketing/u/cut/choose").status_code == 404


def test_a_double_post_is_the_same_as_one(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", "sms", phone=PHONE)
    link = f"/marketing/u/{token_of(front, customer)}"
    form = front.page(link).hidden | {"consent_sms": "1"}

    for _ in range(2):
        front.post(f"{link}/choose", form)

    assert [action for action, _channel in front.actions].count("withdrawn") == 1


def test_the_history_says_what_was_given_when_where_and_with_which_text(front: Front) -> None:
    customer = front.shop.customer("ada@example.com", email_verified=False)
    front.submit("registration", customer, consent_email="1")
    front.post(front.confirmation_link())
    one_click(front, token_of(front, customer))

    words = front.page(f"/marketing/u/{token_of(front, customer)}").words

    history = words.partition("What happened when")[2]
    assert [history.index(word) for word in ("withdrawn", "confirmed", "requested")] == sorted(
        history.index(word) for word in ("withdrawn", "confirmed", "requested")
    )
    assert "(one click in the mail program)" in history
    assert "(registration)" in history
    assert "The text (version 1)" in history


def test_a_long_history_is_read_in_as_many_statements_as_a_short_one(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    link = f"/marketing/u/{token_of(front, customer)}"
    counted = []
    for _ in range(2):
        with Statements(front.shop.plugin.engine) as statements:
            front.page(link)
        counted.append(len(statements.texts))
        for _ in range(5):
            front.shop.publish("email", "sms")
            front.post(f"{link}/stop")
            storefront.give_sample(customer.id, ["email"])

    assert counted[0] == counted[1]


def test_an_old_link_says_so_and_shows_nothing_of_the_person(front: Front) -> None:
    customer = front.shop.agreed("old@example.com", "email", "sms", phone=PHONE)
    link = f"/marketing/u/{token_of(front, customer)}"
    customer.email = "new@example.com"
    front.submit("profile", customer, consent_email="1", consent_sms="1")
    front.submit("profile", customer)
    front.submit("profile", customer, consent_email="1", consent_sms="1")

    page = front.page(link)

    assert page.response.status_code == 200
    assert "This link is old" in page.words
    assert "example.com" not in page.words.replace("shop@shop.example", "")
    assert "SMS" not in page.words
    before = front.statuses(customer)
    assert front.post(f"{link}/choose", {}).status_code == 410
    assert front.post(f"{link}/data").status_code == 410
    front.post(f"{link}/stop_all")
    assert front.statuses(customer) == before
    key = front.shop.plugin.keys.address_key("email", "old@example.com")
    assert suppression.reason_of(front.shop.session, "email", key) == "objected"


@pytest.mark.rule("C47")
def test_the_link_of_somebody_who_was_forgotten_is_old(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    link = f"/marketing/u/{token_of(front, customer)}"
    storefront.forget(contact_ref=customer.id)
    front.shop.session.delete(customer)

    assert "This link is old" in front.page(link).words
    assert "This address gets no commercial messages" in followed(front, front.post(f"{link}/stop")).words
