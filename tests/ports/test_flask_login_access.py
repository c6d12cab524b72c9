"""Staff who come through the shop's own Flask-Login."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask_login import LoginManager, UserMixin, login_user, logout_user

from tests.shops import Shop, make_shop
from webshop_segments import Actor, FlaskLoginAccess


class Person(UserMixin):  # type: ignore[misc]
    def __init__(self, number: str, name: str, flags: set[str]) -> None:
        self.id, self.name, self.flags = number, name, flags


PEOPLE = {
    "1": Person("1", "Anna", {"segments.view", "segments.manage"}),
    "2": Person("2", "Ben, a customer", set()),
}


@pytest.fixture
def access() -> FlaskLoginAccess:
    return FlaskLoginAccess(lambda person: person.flags, name_of=lambda person: str(person.name))


@pytest.fixture
def hosted(database_url: str, host_schema: str | None, access: FlaskLoginAccess) -> Iterator[Shop]:
    """A shop whose staff and customers share one login page."""
    shop = make_shop(database_url, schema=host_schema, access=access)
    logins = LoginManager(shop.app)
    logins.login_view = "login"
    logins.user_loader(PEOPLE.get)
    shop.app.add_url_rule("/login", "login", lambda: "the shop's login page")

    def come(number: str) -> Any:
        login_user(PEOPLE[number])
        return "welcome"

    shop.app.add_url_rule("/come/<number>", "come", come)
    yield shop
    with shop.app.app_context():
        shop.session.close()
        shop.plugin.engine.dispose()


@pytest.mark.once
def test_staff_hold_their_flags_and_are_named(hosted: Shop, access: FlaskLoginAccess) -> None:
    with hosted.app.test_request_context():
        login_user(PEOPLE["1"])
        assert access.can("segments.view")
        assert not access.can("newsletters.send")
        assert access.actor() == Actor("staff", "1", "Anna")
        logout_user()
        assert access.actor() is None


@pytest.mark.once
def test_a_customer_and_a_stranger_are_nobody(hosted: Shop, access: FlaskLoginAccess) -> None:
    with hosted.app.test_request_context():
        assert not access.can("segments.view")
        assert access.actor() is None
        login_user(PEOPLE["2"])
        assert not access.can("segments.view")
        assert access.actor() is None


def test_the_pages_ask_the_shops_login(hosted: Shop) -> None:
    browser = hosted.app.test_client()
    stranger = browser.get("/marketing/segments")
    assert stranger.status_code == 302
    assert stranger.location.startswith("/login?next=")

    browser.get("/come/2")
    assert browser.get("/marketing/segments").status_code in (302, 403)

    browser.get("/come/1")
    assert browser.get("/marketing/segments").status_code == 200
    assert browser.get("/marketing/newsletters").status_code == 403
