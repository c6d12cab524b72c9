"""The shop as its visitors use it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.demo.conftest import add_customer
from webshop_segments.demo import german
from webshop_segments.demo.app import create_app
from webshop_segments.demo.languages import local_path
from webshop_segments.demo.models import Customer, Order, db

PARCEL = {"name": "Greta Gast", "street": "Weg 1", "postal_code": "89073", "city": "Ulm", "country": "Germany"}
NEWCOMER = {"first_name": "Nora", "last_name": "Neu", "email": "nora@example.com", "password": "long enough"}


def customers() -> list[Customer]:
    return list(db.session.scalars(select(Customer)))


def orders() -> list[Order]:
    return list(db.session.scalars(select(Order)))


@pytest.mark.once
def test_every_text_has_its_german() -> None:
    demo = Path(german.__file__).parent
    sources = [*demo.glob("*.py"), *demo.glob("templates/*.html")]
    call = re.compile(r"""\b(?:_|later|text)\(\s*(?:"([^"]+)"|'([^']+)')""")
    texts = {one or other for source in sources for one, other in call.findall(source.read_text("utf-8"))}
    assert not texts - set(german.GERMAN)


def test_the_catalogue_shows_its_products_by_category(client: FlaskClient) -> None:
    assert "Bell" in client.get("/").text
    assert "Bell" not in client.get("/?category=bikes").text
    assert client.get("/?category=boats").status_code == 404
    assert client.get("/?page=99").status_code == 404
    assert client.get("/product/2").status_code == 404


def test_a_cart_adds_changes_and_removes(client: FlaskClient) -> None:
    client.post("/cart/add/1", data={"quantity": "2"})
    assert "$36.00" in client.post("/cart/add/1", follow_redirects=True).text
    assert "$12.00" in client.post("/cart/change/1", data={"quantity": "1"}, follow_redirects=True).text
    assert "nothing in it" in client.post("/cart/change/1", data={"remove": "yes"}, follow_redirects=True).text
    assert client.post("/cart/add/2").status_code == 404


@pytest.mark.parametrize("quantity", ["-3", "0", "many", "1e9", "100000000000000000000"])
def test_a_senseless_quantity_breaks_nothing(client: FlaskClient, quantity: str) -> None:
    client.post("/cart/add/1", data={"quantity": quantity})
    assert client.get("/cart").status_code == 200


def test_a_guest_orders_without_an_account(client: FlaskClient, app: Flask) -> None:
    client.post("/cart/add/1")
    thanks = client.post("/checkout", data={**PARCEL, "email": "Greta@Example.com"}, follow_redirects=True)
    assert "Greta Gast" in thanks.text
    with app.app_context():
        (order,) = orders()
        assert (order.email, order.company_id, order.customer_id) == ("Greta@example.com", None, None)
        assert order.total == Decimal("12.00")
        assert not customers()


def test_an_order_posted_twice_is_one_order(client: FlaskClient, app: Flask) -> None:
    client.post("/cart/add/1")
    for _ in range(2):
        client.post("/checkout", data={**PARCEL, "email": "greta@example.com"})
    with app.app_context():
        assert len(orders()) == 1


def test_a_customers_order_belongs_to_her_company_and_teaches_its_address(
    client: FlaskClient, app: Flask, customer: int, log_in: Callable[[], None]
) -> None:
    log_in()
    client.post("/cart/add/1")
    client.post("/checkout", data=PARCEL)
    with app.app_context():
        (order,) = orders()
        assert (order.customer_id, order.email) == (customer, "anna@example.com")
        assert order.company_id == customers()[0].company_id
    client.post("/cart/add/1")
    assert 'value="Weg 1"' in client.get("/checkout").text


@pytest.mark.parametrize("wrong", [{"email": "no address"}, {"email": ""}, {"city": "  "}, {"name": "x" * 201}])
def test_a_faulty_order_comes_back_with_its_text(client: FlaskClient, app: Flask, wrong: dict[str, str]) -> None:
    client.post("/cart/add/1")
    answer = client.post("/checkout", data={**PARCEL, "email": "greta@example.com", **wrong})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'value="Weg 1"' in answer.text
    with app.app_context():
        assert not orders()


def test_whoever_registers_becomes_a_private_customer(client: FlaskClient, app: Flask) -> None:
    assert "Welcome, Nora Neu!" in client.post("/register", data=NEWCOMER, follow_redirects=True).text
    with app.app_context():
        (nora,) = customers()
        assert (nora.company.kind, nora.company.name, nora.email_verified) == ("person", "Nora Neu", False)


def test_a_known_address_makes_no_second_account(client: FlaskClient, app: Flask, customer: int) -> None:
    answer = client.post("/register", data={**NEWCOMER, "email": "Anna@Example.com"})
    assert answer.status_code == 422
    assert "If it is yours, log in, or write to us." in answer.text
    with app.app_context():
        assert len(customers()) == 1


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: FlaskClient, customer: int) -> None:
    for email in ("anna@example.com", "nobody@example.com"):
        answer = client.post("/login", data={"email": email, "password": "wrong"})
        assert answer.status_code == 422
        assert "The address or the password is not right." in answer.text


def test_a_closed_account_cannot_log_in_and_loses_its_session(
    client: FlaskClient, app: Flask, customer: int, log_in: Callable[[], None]
) -> None:
    log_in()
    with app.app_context():
        customers()[0].is_active = False
        db.session.commit()
    assert client.get("/profile").location.startswith("/login")
    answer = client.post("/login", data={"email": "anna@example.com", "password": "spokes and rims"})
    assert answer.status_code == 422


def test_of_two_accounts_with_one_address_the_password_tells_which(client: FlaskClient, app: Flask) -> None:
    add_customer(app, first_name="Copy", password_hash=None)
    add_customer(app)
    client.post("/login", data={"email": "anna@example.com", "password": "spokes and rims"})
    assert client.get("/profile").status_code == 200


@pytest.mark.once
@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil", "", None])
def test_after_the_login_nobody_is_sent_to_a_strangers_site(path: str | None) -> None:
    assert local_path(path) == "/"
    assert local_path("/checkout") == "/checkout"


def test_another_phone_number_is_not_verified(
    client: FlaskClient, app: Flask, customer: int, log_in: Callable[[], None]
) -> None:
    with app.app_context():
        anna = customers()[0]
        anna.phone, anna.phone_verified = "+4915123456789", True
        db.session.commit()
    log_in()
    profile = {"first_name": "Anna", "last_name": "Berg", "locale": "de", "phone": "+4915123456789"}
    client.post("/profile", data=profile)
    with app.app_context():
        assert customers()[0].phone_verified
    client.post("/profile", data={**profile, "phone": ""})
    with app.app_context():
        assert (customers()[0].phone, customers()[0].phone_verified) == (None, False)


def test_the_language_follows_the_visitor(client: FlaskClient, customer: int, log_in: Callable[[], None]) -> None:
    assert "Warenkorb" in client.get("/", headers={"Accept-Language": "de-AT"}).text
    assert client.post("/language", data={"language": "de", "next": "/cart"}).location == "/cart"
    assert "Ihr Warenkorb" in client.get("/cart").text
    client.post("/language", data={"language": "xx"})
    assert "Ihr Warenkorb" in client.get("/cart").text


def test_a_deleted_account_leaves_its_orders(
    client: FlaskClient, app: Flask, customer: int, log_in: Callable[[], None]
) -> None:
    log_in()
    client.post("/cart/add/1")
    client.post("/checkout", data=PARCEL)
    client.post("/profile/delete")
    with app.app_context():
        assert not customers()
        assert orders()[0].customer_id is None
    assert client.get("/profile").status_code == 302


def test_a_form_without_its_token_is_refused_in_a_sentence(tmp_path: Path, database_url: str) -> None:
    app = create_app(tmp_path / "shop", database_url)
    answer = app.test_client().post("/logout")
    assert answer.status_code == 400
    assert "This form has been open for too long." in answer.text
    with app.app_context():
        db.engine.dispose()
