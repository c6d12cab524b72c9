"""A shop whose panel has our own administrators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

from tests.shops import Shop, make_shop
from webshop_segments.access import COMMAND_LINE
from webshop_segments.administration import accounts
from webshop_segments.administration.models import Administrator
from webshop_segments.administration.own import OwnAdministrators

PASSWORD = "correct horse battery"
PASSWORD_HASH = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")


@pytest.fixture
def shop(database_url: str, host_schema: str | None) -> Iterator[Shop]:
    made = make_shop(database_url, schema=host_schema, access=OwnAdministrators())
    with made.app.app_context():
        yield made
        made.db.session.remove()
        made.plugin.engine.dispose()


@pytest.fixture
def account(shop: Shop) -> Callable[..., Administrator]:
    """Makes accounts with a password; the first is the main administrator's."""

    def make(email: str, *flags: str, invited: bool = False) -> Administrator:
        made = accounts.create_main(shop.session, email, None, COMMAND_LINE)
        made.flags = list(flags)
        made.password_hash = None if invited else PASSWORD_HASH
        shop.session.commit()
        return made

    return make


@pytest.fixture
def main(account: Callable[..., Administrator]) -> Administrator:
    return account("main@shop.example")


@pytest.fixture
def visit(shop: Shop, main: Administrator) -> Callable[..., FlaskClient]:
    """Opens browsers in which an administrator, or nobody, is logged in."""

    def open_one(administrator: Administrator | None = None) -> FlaskClient:
        client = shop.app.test_client()
        if administrator is not None:
            assert log_in(client, administrator.email).status_code == 303
        return client

    return open_one


def log_in(client: FlaskClient, email: str, password: str = PASSWORD, **options: Any) -> Any:
    return client.post("/marketing/login", data={"email": email, "password": password}, **options)
