"""The demo shows how it is done: the boxes as a field of its forms, the sign-up form in its footer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

pytestmark = [pytest.mark.rule("W22"), pytest.mark.rule("W28")]


@pytest.fixture(autouse=True)
def _published(app: Flask) -> None:
    words = ["segments", "consents", "publish-first", "--privacy-url", "http://127.0.0.1:5000/privacy"]
    assert app.test_cli_runner().invoke(args=words).exit_code == 0


def test_a_visitor_signs_up_in_the_footer(client: FlaskClient) -> None:
    footer = client.get("/").text.partition("<footer>")[2]
    token = re.search(r'name="consent_token" value="([^"]+)"', footer)
    assert token
    fields = {"email": "nora@example.com", "consent_email": "1", "consent_token": token[1]}

    answer = client.post("/marketing/signup", data=fields, follow_redirects=True)

    assert "please confirm there" in answer.text


def test_a_customer_is_led_to_her_profile(client: FlaskClient, customer: int, log_in: Callable[[], None]) -> None:
    log_in()

    footer = client.get("/").text.partition("<footer>")[2]

    assert 'href="/profile"' in footer
    assert "consent_email" not in footer
    assert client.get("/marketing/signup").location == "/profile"


def test_a_forged_choice_makes_no_customer(client: FlaskClient) -> None:
    newcomer = {"first_name": "Nora", "last_name": "Neu", "email": "nora@example.com", "password": "long enough"}

    answer = client.post("/register", data=newcomer | {"consent_email": "1", "consent_token": "forged"})

    assert answer.status_code == 422
    assert "could not be read" in answer.text
