"""A form that was forged, kept too long or taken elsewhere records nothing, says so, and the order is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.storefront.conftest import Front
from webshop_segments.directory.models import Subscriber

TICK = {"consent_email": "1"}


def assert_only_the_order_is_there(front: Front, answer: dict[str, object]) -> None:
    assert answer["saved"] is False
    assert str(answer["message"]).endswith(".")
    assert front.orders == 1
    assert front.actions == []
    assert list(front.notices) == []
    assert front.shop.session.scalar(select(func.count()).select_from(Subscriber)) == 0


@pytest.mark.rule("C04")
def test_a_forged_token_is_refused(front: Front) -> None:
    customer = front.shop.customer("ada@example.com")
    token = front.form("checkout", customer).hidden["consent_token"]

    answer = front.send("checkout", TICK | {"consent_token": "A" + token[1:]}, customer)

    assert_only_the_order_is_there(front, answer)
    assert "could not be read" in str(answer["message"])


@pytest.mark.rule("C04")
@pytest.mark.parametrize("payload", ["7|en|checkout|{now}|", "1|en|profile|{now}|email", "1|en|checkout|1000|"])
def test_an_unknown_version_another_page_or_an_old_page_is_refused(front: Front, payload: str) -> None:
    customer = front.shop.customer("ada@example.com")
    filled = payload.format(now=int(datetime.now(UTC).timestamp()))

    token = front.shop.plugin.keys.sign("form", filled.encode())
    answer = front.send("checkout", TICK | {"consent_token": token}, customer)

    assert_only_the_order_is_there(front, answer)
    assert "open it again" in str(answer["message"])


@pytest.mark.rule("C04")
def test_a_form_left_open_for_days_is_refused(front: Front) -> None:
    customer = front.shop.customer("ada@example.com")
    form = front.form("checkout", customer).hidden

    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        answer = front.send("checkout", TICK | form, customer)

    assert_only_the_order_is_there(front, answer)


@pytest.mark.rule("C04")
def test_a_tick_without_any_token_is_refused(front: Front) -> None:
    customer = front.shop.customer("ada@example.com")

    assert_only_the_order_is_there(front, front.send("checkout", TICK, customer))


@pytest.mark.rule("C10")
@pytest.mark.rule("W23")
def test_a_guest_who_posts_the_sms_box_is_refused(front: Front) -> None:
    answer = front.submit("guest_checkout", consent_email="1", consent_sms="1")

    assert_only_the_order_is_there(front, answer)
    assert "only agree to e-mail" in str(answer["message"])


@pytest.mark.rule("C10")
@pytest.mark.rule("W23")
@pytest.mark.parametrize("place", ["registration", "checkout"])
def test_a_guest_does_not_get_further_with_another_places_form(front: Front, place: str) -> None:
    customer = front.shop.customer("ada@example.com", phone="+4915123456789")
    token = front.form(place, customer).hidden["consent_token"]

    answer = front.send("checkout", TICK | {"consent_sms": "1", "consent_token": token})

    assert_only_the_order_is_there(front, answer)


@pytest.mark.rule("C06")
def test_a_channel_the_version_does_not_name_is_refused(front: Front) -> None:
    customer = front.shop.customer("ada@example.com", phone="+4915123456789")

    assert_only_the_order_is_there(front, front.submit("checkout", customer, consent_phone="1"))


@pytest.mark.rule("C04")
def test_the_version_that_was_shown_is_the_one_recorded(front: Front) -> None:
    customer = front.shop.customer("ada@example.com")
    opened = front.page(f"/checkout?contact={customer.id}", headers={"Accept-Language": "de"}).hidden
    front.shop.publish("email")

    front.send("checkout", opened | TICK, customer)

    record = front.records[-1]
    assert record.version is not None
    assert record.version.number == 1
    assert record.language == "de"
