"""One-click unsubscribing as RFC 8058 describes it: no login, no cookie, no token of a form, no redirect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.storefront.conftest import Front
from webshop_segments.consent import tokens
from webshop_segments.consent.models import Suppression
from webshop_segments.consent.tokens import Link
from webshop_segments.directory.people import PersonKey
from webshop_segments.keys import Keys
from webshop_segments.plugin import EXTENSION

BOUNDARY = "---FormBoundaryjWmhtjORrn"
MULTIPART = (
    f"multipart/form-data; boundary={BOUNDARY}",
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--{BOUNDARY}--\r\n',
)
URLENCODED = ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click")


def token_of(front: Front, customer: Any) -> str:
    keys = front.shop.plugin.keys
    address_key = keys.address_key("email", customer.email)
    return tokens.unsubscribe_token(keys, Link(PersonKey("contact", str(customer.id)), "email", address_key))


def one_click(front: Front, token: str, request: tuple[str, str] = URLENCODED) -> TestResponse:
    content_type, body = request
    return front.open("POST", f"/marketing/u/{token}", data=body, content_type=content_type)


def suppressed(front: Front) -> int:
    return front.shop.session.scalar(select(func.count()).select_from(Suppression)) or 0


@pytest.mark.rule("E05")
@pytest.mark.rule("E06")
@pytest.mark.rule("E14")
@pytest.mark.parametrize("request_of_the_provider", [MULTIPART, URLENCODED], ids=["multipart", "urlencoded"])
def test_both_accounts_with_the_address_are_unsubscribed_at_once(
    guarded_front: Front, request_of_the_provider: tuple[str, str]
) -> None:
    front = guarded_front
    first = front.shop.agreed("ada@example.com", "email", "sms", phone="+4915123456789")
    second = front.shop.agreed("Ada@example.com")
    bystander = front.shop.agreed("bob@example.com")

    response = one_click(front, token_of(front, first), request_of_the_provider)

    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert "Location" not in response.headers
    assert front.statuses(first) == {"email": "withdrawn", "sms": "granted"}
    assert front.statuses(second) == {"email": "withdrawn"}
    assert front.statuses(bystander) == {"email": "granted"}
    assert {record.source for record in front.records if record.action == "withdrawn"} == {"one_click"}
    assert suppressed(front) == 1


def test_the_shops_own_forms_stay_guarded(guarded_front: Front) -> None:
    form = guarded_front.form("guest_checkout").hidden
    del form["csrf_token"]

    assert guarded_front.post("/guest_checkout", form | {"email": "gus@example.com"}).status_code == 400


@pytest.mark.rule("E07")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_at_the_link_unsubscribes_nobody(front: Front, method: str) -> None:
    customer = front.shop.agreed("ada@example.com")

    response = front.open(method, f"/marketing/u/{token_of(front, customer)}", headers={"Purpose": "prefetch"})

    assert response.status_code == 200
    assert front.statuses(customer) == {"email": "granted"}
    assert suppressed(front) == 0


@pytest.mark.rule("E08")
def test_a_second_click_changes_nothing_more(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    first = one_click(front, token_of(front, customer))
    before = front.actions

    second = one_click(front, token_of(front, customer))

    assert (second.status_code, second.data) == (first.status_code, first.data)
    assert front.actions == before


@pytest.mark.rule("E04")
@pytest.mark.rule("E08")
def test_a_forged_cut_or_trial_token_gets_the_same_answer_and_changes_nothing(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    good = token_of(front, customer)
    stranger = Keys({"k1": "f" * 40})
    address_key = stranger.address_key("email", "ada@example.com")
    forged = tokens.unsubscribe_token(stranger, Link(PersonKey("contact", str(customer.id)), "email", address_key))
    bad = [forged, good[:-1], good[1:], "x", "%F0%9F%9A%B2", tokens.inert_token(front.shop.plugin.keys)]

    answers = [one_click(front, token) for token in bad]

    assert front.statuses(customer) == {"email": "granted"}
    assert suppressed(front) == 0
    right = one_click(front, good)
    assert {(answer.status_code, answer.data) for answer in answers} == {(right.status_code, right.data)}


@pytest.mark.rule("E08")
def test_the_link_of_somebody_who_has_left_the_shop_still_silences_the_address(front: Front) -> None:
    customer = front.shop.customer("ada@example.com")
    token = token_of(front, customer)
    front.shop.session.delete(customer)

    assert one_click(front, token).status_code == 200
    assert front.page(f"/marketing/u/{token}").response.status_code == 200
    assert suppressed(front) == 1


@pytest.mark.rule("E09")
def test_the_link_works_after_three_years(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    token = token_of(front, customer)

    with time_machine.travel(datetime.now(UTC) + timedelta(days=3 * 365)):
        one_click(front, token)

    assert front.statuses(customer) == {"email": "withdrawn"}


@pytest.mark.rule("E09")
@pytest.mark.rule("C48")
def test_the_link_works_after_a_new_key_was_put_first(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com")
    twin = front.shop.agreed("ada@example.com")
    token = token_of(front, customer)
    keys = f"k2:{'fedcba9876543210' * 3},{front.shop.app.config['WSS_KEYS']}"
    front.shop.app.extensions[EXTENSION] = replace(front.shop.plugin, keys=Keys.parse(keys))

    response = one_click(front, token)

    assert response.status_code == 200
    assert front.statuses(customer) == front.statuses(twin) == {"email": "withdrawn"}
