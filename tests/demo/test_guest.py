"""The shop as the host of webshop_segments, through the interface that any shop has."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.demo.conftest import add_customer
from tests.demo.test_shop import NEWCOMER, PARCEL
from webshop_segments import signals
from webshop_segments.demo.models import Company, Customer, Order, db


@pytest.fixture(autouse=True)
def first_version(app: Flask) -> None:
    """Version 1 of the consent, for e-mail."""
    published = app.test_cli_runner().invoke(
        args=["segments", "consents", "publish-first", "--privacy-url", "http://127.0.0.1:5000/privacy"]
    )
    assert published.exit_code == 0, published.output


def ticked(client: FlaskClient, path: str) -> dict[str, str]:
    """The fields of the consent boxes on a page, every box ticked."""
    page = client.get(path).text
    token = re.search(r'name="consent_token" value="([^"]+)"', page)
    boxes = re.findall(r'type="checkbox" name="(consent[^"]*)"', page)
    assert token
    assert boxes
    assert " checked" not in page
    return {"consent_token": token[1], **dict.fromkeys(boxes, "1")}


def test_whoever_ticks_at_registration_is_asked_to_confirm(client: FlaskClient) -> None:
    form = NEWCOMER | ticked(client, "/register")
    assert "Please confirm" in client.post("/register", data=form, follow_redirects=True).text


def test_a_guest_may_tick_too(client: FlaskClient, app: Flask) -> None:
    client.post("/cart/add/1")
    form = {**PARCEL, "email": "greta@example.com"} | ticked(client, "/checkout")
    assert "Please confirm" in client.post("/checkout", data=form, follow_redirects=True).text
    with app.app_context():
        assert db.session.scalar(select(Customer)) is None


@pytest.mark.parametrize("path", ["/checkout", "/profile"])
def test_logged_in_with_a_verified_address_a_tick_is_enough(
    client: FlaskClient, customer: int, log_in: Callable[[], None], path: str
) -> None:
    log_in()
    client.post("/cart/add/1")
    profile = {"first_name": "Anna", "last_name": "Berg", "locale": "en"}
    form = (PARCEL if path == "/checkout" else profile) | ticked(client, path)
    assert "Please confirm" not in client.post(path, data=form, follow_redirects=True).text
    assert re.search(r'type="checkbox"[^>]* checked', client.get("/profile").text)


def test_an_order_with_a_forged_consent_is_an_order(client: FlaskClient, app: Flask) -> None:
    client.post("/cart/add/1")
    form = {**PARCEL, "email": "greta@example.com"} | ticked(client, "/checkout") | {"consent_token": "forged"}
    assert client.post("/checkout", data=form).location == "/thanks"
    with app.app_context():
        assert db.session.scalar(select(Order.name)) == "Greta Gast"


def test_a_confirmed_address_counts_as_verified_in_the_shop(app: Flask) -> None:
    ref = add_customer(app, email_verified=False, phone="+4915123456789")
    confirmed = [("email", "anna@example.com"), ("sms", "+4915123456780"), ("phone", "+4915123456789")]
    with app.app_context():
        for channel, address in confirmed:
            signals.consent_confirmed.send(
                app, person_kind="contact", person_ref=str(ref), channel=channel, address=address
            )
        anna = db.session.get_one(Customer, ref)
        assert (anna.email_verified, anna.phone_verified) == (True, False)


def test_a_private_customer_who_leaves_is_forgotten_with_her_company(client: FlaskClient, app: Flask) -> None:
    client.post("/register", data=NEWCOMER | ticked(client, "/register"))
    client.post("/cart/add/1")
    client.post("/checkout", data=PARCEL)
    client.post("/profile/delete")
    with app.app_context():
        assert db.session.scalar(select(Company)) is None
        assert db.session.execute(select(Order.company_id, Order.customer_id)).one() == (None, None)


def test_administrators_and_customers_have_logins_of_their_own(
    client: FlaskClient, customer: int, log_in: Callable[[], None]
) -> None:
    log_in()
    assert "/marketing/login" in client.get("/marketing/segments").location
    assert client.get("/profile").status_code == 200
