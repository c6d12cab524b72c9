"""A customer agrees where the shop asks: at registration, at checkout and in the profile."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.demo import Demo

CONFIRM = "Please confirm: newsletter of Freewheel"


def confirm(page: Page, demo: Demo, email: str) -> None:
    """With the link of the mail that asks, and the button behind it."""
    asked = steps.follow(page, demo.arrived(CONFIRM, email).page, "Confirm")
    steps.title(asked, "One click is missing")
    asked.get_by_role("button", name="Yes, I agree").click()
    steps.title(asked, "Thank you, it is confirmed")
    asked.close()


@pytest.mark.rule("W22")
def test_a_tick_at_registration_counts_once_it_is_confirmed_by_mail(page: Page, demo: Demo) -> None:
    steps.register(page, "nora@example.com", ticks=("by e-mail",))
    expect(page.get_by_role("status").first).to_contain_text("Please confirm with the link in it.")
    expect(page.get_by_text("Waiting for your confirmation.")).to_be_visible()
    confirm(page, demo, "nora@example.com")
    page.goto("/profile")
    expect(steps.box(page, "by e-mail")).to_be_checked()
    expect(page.get_by_text("You agreed to this.")).to_be_visible()


@pytest.mark.rule("W22")
def test_logged_in_a_tick_at_the_checkout_counts_at_once(page: Page) -> None:
    steps.enter_shop(page)
    steps.fill_cart(page)
    expect(steps.boxes(page)).to_have_count(1)
    expect(steps.box(page, "by e-mail")).not_to_be_checked()
    steps.box(page, "by e-mail").check()
    steps.order(page)
    page.goto("/profile")
    expect(steps.box(page, "by e-mail")).to_be_checked()


@pytest.mark.rule("W23")
def test_a_guest_is_offered_e_mail_only_and_confirms_by_mail(page: Page, demo: Demo) -> None:
    steps.fill_cart(page)
    expect(steps.boxes(page)).to_have_count(1)
    expect(steps.box(page, "by e-mail")).not_to_be_checked()
    steps.box(page, "by e-mail").check()
    steps.order(page, "greta@example.com")
    expect(page.get_by_role("status").first).to_contain_text("Please confirm with the link in it.")
    confirm(page, demo, "greta@example.com")
    steps.log_in(page)
    page.goto("/marketing/people?q=greta@example.com")
    expect(page.get_by_role("row", name="Greta Gast")).to_contain_text("E-mail: agreed")


@pytest.mark.rule("W24")
def test_in_the_profile_one_click_withdraws_and_another_agrees_again(page: Page) -> None:
    steps.enter_shop(page, "mira@example.net")
    page.goto("/profile")
    expect(steps.box(page, "by e-mail")).to_be_checked()
    steps.box(page, "by e-mail").uncheck()
    steps.save_profile(page)
    expect(steps.box(page, "by e-mail")).not_to_be_checked()
    expect(page.get_by_text("You withdrew this.")).to_be_visible()
    steps.box(page, "by e-mail").check()
    steps.save_profile(page)
    expect(steps.box(page, "by e-mail")).to_be_checked()
