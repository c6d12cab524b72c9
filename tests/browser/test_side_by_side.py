"""An administrator and a customer in one browser: two logins that know nothing of each other."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser import steps


@pytest.fixture
def both(page: Page) -> Page:
    """Logged in as a customer, then as an administrator."""
    steps.enter_shop(page)
    steps.log_in(page)
    return page


def test_an_administrator_who_logs_out_stays_a_customer(both: Page) -> None:
    both.get_by_role("button", name="Log out").click()
    steps.title(both, "Log in")
    both.goto("/marketing/segments")
    steps.title(both, "Log in")
    both.goto("/profile")
    steps.title(both, "Your profile")


def test_a_customer_who_logs_out_stays_an_administrator(both: Page) -> None:
    both.goto("/")
    both.get_by_role("button", name="Log out").click()
    both.goto("/profile")
    steps.title(both, "Log in")
    both.goto("/marketing/segments")
    steps.title(both, "Segments")
