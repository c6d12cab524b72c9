"""The worker is killed in the middle of a sending, and the demo started again."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser import people, steps
from tests.browser.demo import Demo

NAME = "Winter sale"


@pytest.fixture(scope="module")
def demo(demo_of_its_own: Demo) -> Demo:
    """It is going to crash."""
    return demo_of_its_own


@pytest.mark.rule("E54")
def test_a_killed_worker_loses_nobody_and_mails_nobody_twice(page: Page, demo: Demo) -> None:
    steps.log_in(page)
    newsletter = steps.write_newsletter(page, "email", NAME, "Hello {{ first_name }}.")
    steps.choose(page, newsletter)
    page.get_by_role("button", name=f"Send to {len(people.agreed())} people").click()
    steps.title(page, "Sending of")
    sending = page.url
    page.goto("about:blank")
    while not (demo.folder / "mail").exists() or len(list((demo.folder / "mail").glob("*.eml"))) < 10:
        time.sleep(0.01)
    demo.kill_worker()
    reached = len(demo.mails(NAME))
    assert 0 < reached < len(people.agreed())

    # What was in the dead worker's hands is free again a minute later; the test does not wait for it.
    with closing(demo.database()) as database:
        database.execute("UPDATE wss_delivery SET lease_until = datetime(lease_until, '-1 hours') || '.000000'")
        database.commit()
    demo.start()
    page.goto(sending)
    steps.finished(page)

    mailed = Counter(mail.to for subject in (NAME, f"[Copy] {NAME}") for mail in demo.mails(subject))
    assert set(mailed.values()) == {1}
    unknown = _unknown(page)
    assert unknown
    assert mailed.keys() | unknown == people.agreed().keys() | {steps.SHOP}


def _unknown(page: Page) -> set[str]:
    """The addresses an administrator is asked about, page after page; the shop's own copy may be among them."""
    page.get_by_role("link", name="outcome unknown").click()
    found: set[str] = set()
    while True:
        expect(page.get_by_role("button", name="Settle the ticked")).to_be_visible()
        table = page.get_by_role("table", name="Recipients and what became of their message")
        found |= {row.split()[0] for row in table.locator("tbody th").all_inner_texts()}
        following = page.get_by_role("link", name="Next page")
        if not following.count():
            return found
        following.click()
        page.wait_for_load_state()
