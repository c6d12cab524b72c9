"""A second version of the consent adds SMS; nobody is taken to have agreed to it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import steps
from tests.browser.demo import Demo
from tests.browser.looks import accessible


@pytest.fixture(scope="module")
def demo(demo_of_its_own: Demo) -> Demo:
    """Its consent gets a new version."""
    return demo_of_its_own


@pytest.fixture(autouse=True, scope="module")
def version_2(browser: Browser, demo: Demo) -> None:
    """Published by an administrator."""
    page = browser.new_page(base_url=demo.url)
    steps.log_in(page)
    page.goto("/marketing/consents")
    page.get_by_role("link", name="Publish a new version").click()
    channels = page.get_by_role("group", name="Channels")
    expect(channels.get_by_label("E-mail")).to_be_checked()
    channels.get_by_label("SMS").check()
    page.get_by_label(re.compile("^Editorial")).check()
    page.get_by_role("button", name="Continue").click()
    fates = page.get_by_role("table", name="What becomes of the consents given before")
    expect(fates.get_by_role("row", name="SMS")).to_contain_text("Nobody has SMS yet.")
    accessible(page)
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_role("row", name="Version 2")).to_contain_text("SMS added")
    page.context.close()


@pytest.mark.rule("W25")
def test_consents_given_before_stay_and_do_not_grow(page: Page) -> None:
    steps.log_in(page)
    page.goto("/marketing/people?q=owen@thames-cargo.example.com")
    page.get_by_role("link", name="Owen Pritchard").click()
    consents = page.get_by_role("table", name="Consent per channel")
    expect(consents.get_by_role("row", name="E-mail")).to_contain_text("agreed")
    expect(consents.get_by_role("row", name="E-mail")).to_contain_text("Version 1")
    expect(consents.get_by_role("row", name="SMS")).to_contain_text("not given")


@pytest.mark.rule("W22")
def test_whoever_ticks_sms_in_the_profile_gets_the_sms_newsletter(page: Page, demo: Demo) -> None:
    steps.enter_shop(page)
    page.goto("/profile")
    expect(steps.box(page, "by SMS")).not_to_be_checked()
    steps.box(page, "by SMS").check()
    steps.save_profile(page)
    expect(steps.box(page, "by SMS")).to_be_checked()

    steps.log_in(page)
    newsletter = steps.write_newsletter(page, "sms", "New spokes", "Hi {{ first_name }}, new spokes are in.")
    segment = steps.add_segment(page, "Thames", "Thames Cargo")
    steps.choose(page, newsletter, segment)
    rows, everybody = steps.accounts(page)
    assert (rows["get it"], everybody) == (1, 4)
    page.get_by_role("button", name="Send to 1 person").click()
    steps.finished(page)
    page.goto("/demo/phones")
    arrived = page.get_by_role("listitem").filter(has_text="Hi Casey, new spokes are in.")
    expect(arrived).to_have_count(1)
    expect(arrived).to_contain_text("+447400123401")


def test_a_new_number_is_confirmed_with_the_code_that_arrives_on_it(page: Page) -> None:
    steps.register(page, "nora@example.com", "+44 7400 123499", ticks=("by SMS",))
    expect(page.get_by_role("status").first).to_contain_text("We have sent a code to your phone.")
    page.goto("/demo/phones")
    arrived = page.get_by_role("listitem").filter(has_text="+447400123499")
    steps.until(page, arrived)
    code = re.search(r"\b(\d{6})\b", arrived.inner_text())
    assert code, arrived.inner_text()

    page.goto("/profile")
    page.get_by_label("Code from the message").fill("000000" if code[1] != "000000" else "000001")
    page.get_by_role("button", name="Confirm the number").click()
    expect(page.get_by_role("status")).to_contain_text("That is not the code we sent.")
    accessible(page)
    page.get_by_label("Code from the message").fill(code[1])
    page.get_by_role("button", name="Confirm the number").click()
    expect(page.get_by_role("status")).to_contain_text("Thank you, your number is confirmed.")
    page.get_by_role("link", name="Back").click()
    steps.title(page, "Your profile")
    expect(steps.box(page, "by SMS")).to_be_checked()
    expect(steps.box(page, "by e-mail")).not_to_be_checked()


@pytest.mark.rule("W23")
def test_a_guest_is_still_offered_e_mail_only(page: Page) -> None:
    steps.fill_cart(page)
    expect(steps.boxes(page)).to_have_count(1)
    expect(steps.box(page, "by e-mail")).to_be_visible()
