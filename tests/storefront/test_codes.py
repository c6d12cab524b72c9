"""A phone number is proven by the code sent to it, typed into the profile (C13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from werkzeug.test import TestResponse

from tests.storefront.conftest import Front, Page
from webshop_segments.signals import consent_confirmed

pytestmark = pytest.mark.rule("C13")


@pytest.fixture
def customer(front: Front) -> Any:
    """A customer who has ticked SMS for a number nobody has verified."""
    row = front.shop.customer("ada@example.com", phone="0151 23456789", phone_verified=False)
    answer = front.submit("profile", row, consent_sms="1")
    assert answer["message"] == "We have sent a code to your phone. Enter it in your profile."
    return row


def type_code(front: Front, customer: Any, code: str) -> TestResponse:
    """Fill in the profile's code field and press its button."""
    page = front.form("profile", customer)
    button = next(button for button in page.buttons if "formaction" in button)
    assert button["formmethod"] == "post"
    return front.post(str(button["formaction"]), page.hidden | {"consent_code_sms": code})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_right_code_grants_with_the_place_it_was_typed_at(front: Front, customer: Any) -> None:
    confirmed: list[dict[str, Any]] = []

    def note(_app: Any, **payload: Any) -> None:
        confirmed.append(payload)

    assert front.notices[-1].address == "+4915123456789"
    with consent_confirmed.connected_to(note):
        response = type_code(front, customer, f" {front.code()[:3]} {front.code()[3:]} ")

    assert response.status_code == 200
    assert front.statuses(customer) == {"sms": "granted"}
    assert [payload["channel"] for payload in confirmed] == ["sms"]
    evidence = front.records[-1].evidence
    assert evidence is not None
    assert evidence.ip == "127.0.0.1"
    assert "consent_code_sms" not in [field.get("name") for field in front.form("profile", customer).fields]


def test_a_wrong_code_grants_nothing_and_may_be_tried_again(front: Front, customer: Any) -> None:
    response = type_code(front, customer, wrong(front.code()))

    assert response.status_code == 422
    assert "That is not the code we sent" in response.text
    assert front.statuses(customer) == {"sms": "pending"}
    page = Page(response)
    front.post(str(page.forms[0]["action"]), page.hidden | {"consent_code_sms": front.code()})
    assert front.statuses(customer) == {"sms": "granted"}


def test_after_five_wrong_guesses_the_right_code_is_worth_nothing(front: Front, customer: Any) -> None:
    for _ in range(5):
        type_code(front, customer, wrong(front.code()))

    response = type_code(front, customer, front.code())

    assert response.status_code == 422
    assert "no longer valid" in response.text
    assert front.statuses(customer) == {"sms": "pending"}


def test_guessing_goes_on_with_new_codes_three_times_a_day_only(front: Front, customer: Any) -> None:
    answers = [front.submit("profile", customer, consent_sms="1")["message"] for _ in range(3)]

    assert len(front.notices) == 3
    assert "several times today" in answers[-1]
    type_code(front, customer, front.code())
    assert front.statuses(customer) == {"sms": "granted"}


def test_a_code_is_good_for_half_an_hour(front: Front, customer: Any) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=31)):
        response = type_code(front, customer, front.code())

    assert response.status_code == 422
    assert front.statuses(customer) == {"sms": "pending"}


def test_a_code_typed_for_somebody_else_is_refused(front: Front, customer: Any) -> None:
    other = front.shop.customer("bob@example.com", phone="0151 23456780")
    front.submit("profile", other, consent_sms="1")
    token = front.form("profile", other).hidden["consent_person"]
    code = front.code()

    forged = front.post("/marketing/code/sms", {"consent_person": f"A{token[1:]}", "consent_code_sms": code})
    assert forged.status_code == 422
    type_code(front, customer, code)

    assert front.statuses(customer) == front.statuses(other) == {"sms": "pending"}


def test_there_is_nothing_to_confirm_twice(front: Front, customer: Any) -> None:
    form = front.form("profile", customer).hidden | {"consent_code_sms": front.code()}

    answers = [front.post("/marketing/code/sms", form).status_code for _ in range(2)]

    assert answers == [200, 409]
    assert front.actions == [("requested", "sms"), ("confirmed", "sms")]


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example", "evil"])
def test_the_way_back_leads_into_the_shop_only(front: Front, customer: Any, back: str) -> None:
    form = front.form("profile", customer).hidden
    assert form["consent_back"] == f"/profile?contact={customer.id}"

    page = Page(front.post("/marketing/code/sms", form | {"consent_back": back, "consent_code_sms": front.code()}))

    assert page.links.count("/") == 1
    assert not [link for link in page.links if link and "evil" in link]


def test_the_enter_key_in_the_shops_form_does_not_press_our_button(front: Front, customer: Any) -> None:
    first = front.form("profile", customer).buttons[0]

    assert "hidden" in first
    assert "formaction" not in first


def test_the_code_field_stands_in_the_profile_only(front: Front, customer: Any) -> None:
    names = [field.get("name") for field in front.form("checkout", customer).fields]

    assert "consent_sms" in names
    assert "consent_code_sms" not in names
    assert "consent_person" not in names
