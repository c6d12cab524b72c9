"""The profile shows what holds, and the same click takes it back."""

from __future__ import annotations

import pytest

from tests.storefront.conftest import Front
from webshop_segments.consent.versions import MATERIAL

PHONE = "+4915123456789"


@pytest.mark.rule("C17")
@pytest.mark.rule("W24")
def test_the_profile_shows_what_a_customer_has_agreed_to(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", phone=PHONE)

    page = front.form("profile", customer)

    assert page.boxes == {"consent_email": True, "consent_sms": False}
    assert "Take the tick away to withdraw" in page.words


@pytest.mark.rule("C17")
@pytest.mark.rule("C40")
@pytest.mark.rule("C43")
def test_a_tick_taken_away_in_the_profile_withdraws_that_channel(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", "sms", phone=PHONE)

    front.submit("profile", customer, consent_sms="1")

    assert front.statuses(customer) == {"email": "withdrawn", "sms": "granted"}
    assert front.records[-1].source == "profile"
    assert "You withdrew this" in front.form("profile", customer).words


@pytest.mark.rule("C17")
def test_an_empty_box_at_checkout_is_no_withdrawal(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", phone=PHONE)
    before = front.actions

    front.submit("checkout", customer)

    assert front.actions == before
    assert front.statuses(customer) == {"email": "granted"}


@pytest.mark.rule("C17")
def test_a_consent_given_after_the_page_was_opened_is_not_withdrawn_by_it(front: Front) -> None:
    customer = front.shop.customer("ada@example.com")
    opened = front.form("profile", customer).hidden
    front.submit("checkout", customer, consent_email="1")

    front.send("profile", opened, customer)

    assert front.statuses(customer) == {"email": "granted"}


def test_a_profile_saved_unchanged_records_nothing(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email")
    before = front.actions

    assert front.submit("profile", customer, consent_email="1") == {"saved": True, "message": None}

    assert front.actions == before


@pytest.mark.rule("W25")
def test_after_a_material_change_the_profile_asks_again(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email")
    front.shop.publish("email", "sms", change=MATERIAL)

    page = front.form("profile", customer)
    assert page.boxes["consent_email"] is False
    assert "The text has changed since you agreed" in page.words

    front.submit("profile", customer)
    assert front.statuses(customer) == {"email": "needs_renewal"}
    front.submit("profile", customer, consent_email="1")
    assert front.statuses(customer) == {"email": "granted"}
    assert front.records[-1].version is not None
    assert front.records[-1].version.number == 2


@pytest.mark.rule("C32")
def test_a_consent_on_a_channel_no_longer_asked_for_can_still_be_withdrawn(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", "sms", phone=PHONE)
    front.shop.publish("email")

    assert front.form("profile", customer).boxes == {"consent_email": True, "consent_sms": True}
    front.submit("profile", customer, consent_email="1")

    assert front.statuses(customer) == {"email": "granted", "sms": "withdrawn"}


@pytest.mark.rule("C11")
def test_an_unverified_address_is_asked_to_confirm_also_in_the_profile(front: Front) -> None:
    customer = front.shop.customer("ada@example.com", email_verified=False)

    answer = front.submit("profile", customer, consent_email="1")

    assert "We have sent you an e-mail" in answer["message"]
    assert front.statuses(customer) == {"email": "pending"}
    assert "Waiting for your confirmation" in front.form("profile", customer).words


def test_a_customer_without_phone_number_is_told_so_and_the_rest_is_saved(front: Front) -> None:
    customer = front.shop.customer("ada@example.com")

    answer = front.submit("profile", customer, consent_email="1", consent_sms="1")

    assert answer == {"saved": True, "message": "There is no phone number yet."}
    assert front.statuses(customer) == {"email": "granted"}
