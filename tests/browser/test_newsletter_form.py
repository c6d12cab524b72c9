"""Writing a newsletter: the preview follows the text, variables go in at the cursor, and no text is lost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, FrameLocator, Page, expect

from tests.browser import steps
from tests.browser.looks import accessible
from webshop_segments.newsletter.sms_parts import measure

ADD = "/marketing/newsletters/add/{}"
CASES = json.loads((Path(__file__).parents[1] / "newsletter" / "gsm" / "segments.json").read_text("utf-8"))["cases"]


def preview(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[name^=wss-glance]:visible")


@pytest.mark.rule("W41")
def test_the_preview_follows_the_text_and_the_person_chosen_and_leaves_no_trace_in_the_history(page: Page) -> None:
    steps.log_in(page)
    page.goto(ADD.format("email"))
    before = page.evaluate("history.length")
    page.get_by_label("Name", exact=True).fill("Spring")
    page.get_by_label("Subject", exact=True).fill("Hello {{ first_name }}")
    page.get_by_label("Text", exact=True).fill("<p>Dear {{ first_name }} of {{ company }}</p>")
    letter = preview(page).frame_locator("iframe")
    expect(letter.get_by_text("Dear Anna of Muster GmbH")).to_be_visible()

    page.get_by_label("Search a person whose data").fill("owen@")
    page.get_by_label(re.compile("^Owen Pritchard")).check()
    expect(letter.get_by_text("Dear Owen of Thames Cargo")).to_be_visible()
    expect(preview(page).get_by_text("Hello Owen")).to_be_visible()

    page.get_by_label("Text", exact=True).fill("Dear {{ first_nam }}")
    expect(preview(page).get_by_role("alert")).to_contain_text("“first_nam” is no variable")
    assert page.evaluate("history.length") == before

    narrow = page.locator("iframe[name^=wss-glance]:visible").bounding_box()
    page.get_by_label("As on a computer").check()
    wide = page.locator("iframe[name^=wss-glance]:visible").bounding_box()
    assert narrow is not None
    assert wide is not None
    assert narrow["width"] < 380 < 600 < wide["width"]


@pytest.mark.rule("W41")
def test_a_variable_goes_in_at_the_cursor_of_text_or_subject(page: Page) -> None:
    steps.log_in(page)
    page.goto(ADD.format("email"))
    text, subject = page.get_by_label("Text", exact=True), page.get_by_label("Subject", exact=True)
    text.fill("Dear , look.")
    text.evaluate("area => area.setSelectionRange(5, 5)")
    page.get_by_role("button", name="{{ first_name }}").click()
    expect(text).to_have_value("Dear {{ first_name }}, look.")
    subject.fill("Hello ")
    page.get_by_role("button", name="{{ last_name }}").click()
    expect(subject).to_have_value("Hello {{ last_name }}")


@pytest.mark.rule("W51")
def test_leaving_with_unsaved_text_asks_first_and_saving_does_not(page: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    steps.log_in(page)
    page.goto(ADD.format("email"))
    page.on("dialog", stay)
    page.get_by_label("Name", exact=True).fill("Unsaved")
    page.get_by_label("Subject", exact=True).fill("Unsaved")
    page.get_by_label("Text", exact=True).fill("Unsaved text")
    page.get_by_role("button", name="Preview").click()
    expect(preview(page).frame_locator("iframe").get_by_text("Unsaved text")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Unsaved text")
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Save newsletter").click()
    steps.title(page, "Unsaved")
    assert asked == ["beforeunload"]


@pytest.mark.rule("W40")
@pytest.mark.rule("W51")
def test_both_texts_of_two_who_edit_and_the_question_before_deleting_can_be_used_by_everybody(page: Page) -> None:
    steps.log_in(page)
    newsletter = steps.write_newsletter(page, "email", "Twice", "One.")
    other = page.context.new_page()
    for one in (page, other):
        one.goto(f"/marketing/newsletters/{newsletter}/edit")
    for one, text in ((other, "Two."), (page, "Three.")):
        one.get_by_label("Text", exact=True).fill(text)
        one.get_by_role("button", name="Save newsletter").click()
        steps.title(one, "Twice")
    expect(page.get_by_role("link", name="Discard mine and go on with this one")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Save mine over it").click()
    steps.title(page, "Twice")

    page.goto("/marketing/newsletters?q=Twice")
    page.get_by_label("Tick “Twice”").check()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("button", name="Delete 1 newsletter")).to_be_visible()
    accessible(page)


@pytest.mark.rule("W41")
def test_the_live_count_of_a_text_message_is_the_servers(page: Page) -> None:
    steps.log_in(page)
    page.goto(ADD.format("sms"))
    counter = page.locator("[data-counter]")
    added = counter.get_attribute("data-added") or ""
    for case in [*(case["body"] for case in CASES), "€" * 90, "x" * 152 + "€", "\n\n[ç]", ""]:
        page.get_by_label("Text", exact=True).fill(case)
        expected = measure(case + added)
        for name in ("characters", "encoding", "parts", "left", "foreign"):
            expect(counter.locator(f"[data-count={name}]")).to_have_text(str(getattr(expected, name)))


@pytest.mark.rule("W41")
def test_without_javascript_the_button_shows_the_preview_and_the_text_stays(context: BrowserContext) -> None:
    steps.log_in(context.new_page())
    browser = context.browser
    assert browser is not None
    plain = browser.new_context(
        base_url=context.pages[0].url.partition("/marketing")[0],
        java_script_enabled=False,
        storage_state=context.storage_state(),
    )
    page = plain.new_page()
    page.goto(ADD.format("email"))
    page.get_by_label("Text", exact=True).fill("Dear {{ first_name }}")
    page.get_by_role("button", name="Preview").click()
    letter = page.frame_locator("iframe[name=wss-glance]")
    expect(letter.frame_locator("iframe").get_by_text("Dear Anna")).to_be_visible()
    expect(letter.get_by_role("alert")).to_contain_text("Enter a name first.")

    page.get_by_label("Search a person whose data").fill("owen@")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_label(re.compile("^Owen Pritchard"))).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Dear {{ first_name }}")
    plain.close()
