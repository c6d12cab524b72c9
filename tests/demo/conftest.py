"""The demo shop in a folder and a database of the test's own, without the sample data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webshop_segments.demo.app import create_app
from webshop_segments.demo.models import Company, Customer, Product, db


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """The shop with a product."""
    app = create_app(tmp_path / "shop", database_url, WTF_CSRF_ENABLED=False, TESTING=True)
    with app.app_context():
        db.create_all()
        db.session.add(Product(id=1, sku="BELL", name="Bell", category="accessories", picture="bag", price=12))
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser."""
    return app.test_client()


@pytest.fixture
def customer(app: Flask) -> int:
    """The id of a customer of a company, who can log in with the password "spokes and rims"."""
    return add_customer(app)


@pytest.fixture
def log_in(client: FlaskClient) -> Callable[[], None]:
    """Logs that customer in."""

    def log_in() -> None:
        answer = client.post("/login", data={"email": "anna@example.com", "password": "spokes and rims"})
        assert answer.status_code == 302

    return log_in


def add_customer(app: Flask, **columns: object) -> int:
    with app.app_context():
        anna = {"first_name": "Anna", "last_name": "Berg", "email": "anna@example.com", "email_verified": True}
        person = Customer(company=Company(name="Berg & Co"), **(anna | columns))
        person.set_password("spokes and rims")
        db.session.add(person)
        db.session.commit()
        return person.id
