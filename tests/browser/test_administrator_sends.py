"""An administrator's main job, from the login to the results, with the keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.demo import Demo
from tests.browser.keyboard import Keyboard

AGREED = {
    "svenja@radwerk.example.org",
    "emre@radwerk.example.org",
    "sebastian@alpenrad.example.net",
    "magdalena@alpenrad.example.net",
}


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    """No mouse."""
    return Keyboard(page)


@pytest.mark.rule("W42")
def test_with_the_keyboard_alone_a_newsletter_reaches_those_of_a_segment_who_agreed(
    page: Page, keyboard: Keyboard, demo: Demo
) -> None:
    _log_in(page, keyboard)
    _make_segment(page, keyboard, "Repair shops", ["Hartmann Radwerk", "Alpenrad Verleih"])
    _write_newsletter(page, keyboard, "New spokes in stock")
    _send_trial(page, keyboard, "New spokes in stock")
    _choose_segment(page, keyboard, "Repair shops")

    rows, everybody = steps.accounts(page)
    assert list(rows.values()) == [4, 3, 1]
    assert (rows["get it"], rows["never agreed"], rows["account not active"], everybody) == (4, 3, 1, 8)

    keyboard.enter(page.get_by_role("button", name="Send to 4 people"))
    steps.finished(page)
    rows, everybody = steps.accounts(page)
    assert (rows["recipients"], rows["never agreed"], rows["account not active"], everybody) == (4, 3, 1, 8)
    expect(page.get_by_role("progressbar", name="Progress")).to_have_js_property("value", 4)
    mailed = [mail.to for mail in demo.mails("New spokes in stock")]
    assert sorted(mailed) == sorted(AGREED)

    page.goto("/demo/mail")
    expect(page.get_by_role("link", name="New spokes in stock", exact=True)).to_have_count(4)
    trial = demo.arrived("[Trial] New spokes in stock", steps.SHOP)
    page.goto(trial.page)
    expect(page.frame_locator("iframe").get_by_text("Hello Anna")).to_be_visible()


def _log_in(page: Page, keyboard: Keyboard) -> None:
    page.goto("/marketing/")
    steps.title(page, "Log in")
    keyboard.type(page.get_by_label("E-mail address"), steps.ADMINISTRATOR[0])
    keyboard.type(page.get_by_label("Password"), steps.ADMINISTRATOR[1])
    keyboard.press("Enter")
    steps.title(page, "Segments")


def _make_segment(page: Page, keyboard: Keyboard, name: str, companies: list[str]) -> None:
    keyboard.enter(page.get_by_role("link", name="Add segment", exact=True))
    keyboard.type(page.get_by_label("Name"), name)
    keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(f"The segment “{name}” was added.")
    for company in companies:
        keyboard.enter(page.get_by_role("link", name="Add members"))
        steps.title(page, "Add members")
        keyboard.type(page.get_by_label("Search customers"), company)
        keyboard.press("Enter")
        keyboard.tick(page.get_by_label(re.compile(f"^{company}")))
        keyboard.enter(page.get_by_role("button", name=f"Add the ticked to “{name}”"))
        expect(page.get_by_role("status")).to_contain_text("1 member was added.")
    expect(page.get_by_text("2 business partners")).to_be_visible()


def _write_newsletter(page: Page, keyboard: Keyboard, name: str) -> None:
    keyboard.enter(page.get_by_role("navigation").get_by_role("link", name="Newsletters"))
    steps.title(page, "Newsletters")
    keyboard.enter(page.get_by_role("link", name="Add e-mail newsletter"))
    keyboard.type(page.get_by_label("Name", exact=True), name)
    keyboard.type(page.get_by_label("Subject", exact=True), name)
    keyboard.type(page.get_by_label("Text", exact=True), "Hello {{ first_name }}, we have new spokes.")
    keyboard.enter(page.get_by_role("button", name="Save newsletter"))
    steps.title(page, name)
    expect(page.frame_locator("iframe").get_by_text("we have new spokes")).to_be_visible()


def _send_trial(page: Page, keyboard: Keyboard, name: str) -> None:
    expect(page.get_by_label("Send the trial to")).to_have_value(steps.SHOP)
    keyboard.enter(page.get_by_role("button", name="Send the trial"))
    expect(page.get_by_role("status")).to_contain_text(f"A trial is on its way to {steps.SHOP}.")


def _choose_segment(page: Page, keyboard: Keyboard, name: str) -> None:
    keyboard.enter(page.get_by_role("link", name="Send newsletter"))
    steps.title(page, "Who gets it?")
    keyboard.choose(page.get_by_label("Everybody who agreed"), page.get_by_label("Only these segments"))
    keyboard.tick(page.get_by_label(f"Send to {name}"))
    keyboard.enter(page.get_by_role("button", name="Continue"))
    steps.title(page, "Send “")
