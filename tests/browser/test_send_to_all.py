"""A newsletter to everybody who agreed, in a shop where one address may belong to two accounts."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import people, steps
from tests.browser.demo import Demo

NAME = "Winter sale"


@pytest.fixture(scope="module")
def demo(demo_of_its_own: Demo) -> Demo:
    """Nobody else changes its consents."""
    return demo_of_its_own


@pytest.fixture(scope="module")
def newsletter(browser: Browser, demo: Demo) -> int:
    """Written, and sent to everybody once."""
    page = browser.new_page(base_url=demo.url)
    steps.log_in(page)
    newsletter = steps.write_newsletter(page, "email", NAME, "Hello {{ first_name }}, all of it must go.")
    steps.send(page, newsletter)
    page.context.close()
    return newsletter


@pytest.mark.rule("W43")
def test_everybody_who_agreed_gets_it_once_and_the_shop_a_marked_copy(newsletter: int, demo: Demo) -> None:
    first = Counter(mail.to for mail in demo.mails(NAME)[: len(people.agreed())])
    assert first == Counter(dict.fromkeys(people.agreed(), 1))
    assert [mail.to for mail in demo.mails(f"[Copy] {NAME}")][:1] == [steps.SHOP]


def test_the_results_account_for_every_person_of_the_shop(newsletter: int, page: Page) -> None:
    steps.log_in(page)
    page.goto(f"/marketing/newsletters/{newsletter}")
    page.get_by_role("listitem").get_by_role("link").filter(has_text=":").last.click()
    steps.finished(page)
    rows, total = steps.accounts(page)
    assert sum(rows.values()) == total == people.everybody()
    assert rows["recipients"] == len(people.agreed())
    assert rows["same address as somebody else"] == people.agreed().total() - len(people.agreed())
    expect(page.get_by_text(f"Control copy to {steps.SHOP}: sent")).to_be_visible()


@pytest.mark.rule("W47")
def test_whoever_unsubscribes_is_left_out_next_time_with_every_account_of_the_address(
    newsletter: int, page: Page, demo: Demo
) -> None:
    leaving = people.shared_address()
    (mail,) = demo.mails(NAME, leaving)
    preferences = steps.follow(page, mail.page, "Unsubscribe")
    preferences.get_by_role("button", name="Stop: E-mail").click()
    expect(preferences.get_by_role("status")).to_contain_text("You will get no further messages on this channel.")

    steps.log_in(page)
    steps.choose(page, newsletter)
    page.get_by_label("Yes, send it again").check()
    rows, total = steps.accounts(page)
    staying = people.agreed().keys() - {leaving}
    assert (rows["get it"], rows["withdrawn"], total) == (len(staying), 2, people.everybody())
    page.get_by_role("button", name=f"Send to {len(staying)} people").click()
    steps.finished(page)
    mailed = Counter(mail.to for mail in demo.mails(NAME))
    assert mailed == Counter(dict.fromkeys(staying, 2)) + Counter([leaving])
