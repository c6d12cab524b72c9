"""The boxes: one for each channel, never ticked beforehand, with everything the law wants said beside them."""

from __future__ import annotations

import pytest

from tests.storefront.conftest import Front, Page
from webshop_segments import storefront

PLACES = ("registration", "checkout", "guest_checkout", "profile")


@pytest.mark.rule("C01")
@pytest.mark.rule("W22")
@pytest.mark.parametrize("place", PLACES)
def test_no_box_is_ticked_beforehand(front: Front, place: str) -> None:
    customer = front.shop.customer("ada@example.com", phone="+4915123456789")

    page = front.form(place, None if place in ("registration", "guest_checkout") else customer)

    assert page.boxes
    assert not any(page.boxes.values())
    assert "<script" not in page.html


@pytest.mark.rule("C01")
@pytest.mark.rule("C07")
@pytest.mark.parametrize("place", ["registration", "checkout", "profile"])
def test_a_form_sent_with_empty_boxes_goes_through_and_records_nothing(front: Front, place: str) -> None:
    customer = front.shop.customer("ada@example.com", phone="+4915123456789")

    assert front.submit(place, customer) == {"saved": True, "message": None}

    assert front.orders == 1
    assert front.actions == []


@pytest.mark.rule("C05")
def test_a_ticked_box_sets_its_own_channel_only(front: Front) -> None:
    customer = front.shop.customer("ada@example.com", phone="+4915123456789", phone_verified=True)
    assert list(front.form("checkout", customer).boxes) == ["consent_email", "consent_sms"]

    front.submit("checkout", customer, consent_email="1")

    assert front.statuses(customer) == {"email": "granted"}


@pytest.mark.rule("C08")
@pytest.mark.rule("C09")
@pytest.mark.parametrize("place", PLACES)
def test_sender_purpose_withdrawal_and_privacy_notice_stand_beside_the_boxes(front: Front, place: str) -> None:
    page = front.form(place, front.shop.customer("ada@example.com") if place == "profile" else None)

    assert "commercial information (news and offers) from Test shop" in page.words
    assert "You can withdraw it at any time" in page.words
    assert "Sender: Test shop." in page.words
    assert "https://shop.example/privacy" in page.links


@pytest.mark.rule("W23")
@pytest.mark.rule("C10")
def test_a_guest_is_asked_for_e_mail_only(front: Front) -> None:
    assert list(front.form("guest_checkout").boxes) == ["consent_email"]


def test_what_a_customer_has_agreed_to_is_not_asked_again_at_checkout(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "email", phone="+4915123456789")
    assert list(front.form("checkout", customer).boxes) == ["consent_sms"]

    storefront.give_sample(customer.id, ["sms"])

    assert front.form("checkout", customer).fields == []


def test_a_box_can_be_reached_by_its_words(front: Front) -> None:
    page = front.form("registration")

    for field in page.fields:
        if field.get("type") == "checkbox":
            described = (field["aria-describedby"] or "").split()
            assert described
            assert all(f'id="{name}"' in page.html for name in described)
            assert f'<label for="{field["id"]}"' in page.html


def test_a_customer_reads_the_boxes_in_her_language(front: Front) -> None:
    page = front.page("/registration", headers={"Accept-Language": "de"})

    assert "Ich möchte kommerzielle Informationen" in page.words
    assert "per E-Mail" in page.words


def test_a_place_nobody_knows_is_the_developers_mistake(front: Front) -> None:
    with front.shop.app.test_request_context(), pytest.raises(ValueError, match="place must be one of registration"):
        storefront.consent_fields("cart")


def test_a_profile_of_nobody_is_the_developers_mistake(front: Front) -> None:
    with front.shop.app.test_request_context(), pytest.raises(ValueError, match="pass contact_ref="):
        storefront.consent_fields("profile")


@pytest.mark.rule("W22")
@pytest.mark.rule("W23")
def test_a_checkout_without_login_is_a_guests(front: Front) -> None:
    customer = front.shop.customer("ada@example.com", phone="+4915123456789")

    assert list(front.form("checkout").boxes) == ["consent_email"]
    assert list(front.form("checkout", customer).boxes) == ["consent_email", "consent_sms"]


@pytest.mark.rule("W22")
def test_a_form_that_comes_back_to_be_corrected_keeps_its_ticks(front: Front) -> None:
    form = front.form("registration").hidden | {"consent_sms": "1", "again": "1"}

    page = Page(front.post("/registration", form))
    assert page.boxes == {"consent_email": False, "consent_sms": True}

    front.shop.publish("email", "sms")
    page = Page(front.post("/registration", form))
    assert page.boxes == {"consent_email": False, "consent_sms": False}
