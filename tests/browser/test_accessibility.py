"""Every page can be used by everybody: axe finds nothing serious, nothing scrolls sideways, and no script is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import steps
from tests.browser.demo import Demo
from tests.browser.looks import PHONE, accessible
from tests.browser.places import PLACES, Place, World, furnish
from tests.browser.watch import watched

REFUSED = {
    "/marketing/login": "Log in",
    "/marketing/segments/add": "Add segment",
    "/marketing/newsletters/add/email": "Save newsletter",
    "/marketing/administrators/add": "Create account",
    "/register": "Register",
    "/login": "Log in",
}
"""Forms that are refused when they are posted empty, and their buttons."""

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def world(browser: Browser, demo: Demo) -> World:
    """A shop with something to see on every page."""
    return furnish(browser, demo)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_page_is_accessible_in_light_and_dark_on_a_desk_and_a_phone(
    new_context: NewContext, world: World, place: Place
) -> None:
    context = new_context(storage_state=world.cookies[place.who])
    with watched(context):
        page = context.new_page()
        page.goto(world.path(place))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        accessible(page)


@pytest.mark.parametrize("who", ["administrator", "stranger", "customer"])
def test_every_page_is_read_without_javascript(new_context: NewContext, world: World, who: str) -> None:
    context = new_context(storage_state=world.cookies[who], java_script_enabled=False)
    with watched(context):
        page = context.new_page()
        for place in PLACES:
            if place.who == who:
                page.goto(world.path(place))
                expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_on_a_phone_the_menu_opens_without_javascript(new_context: NewContext, world: World) -> None:
    context = new_context(storage_state=world.cookies["administrator"], java_script_enabled=False)
    page = context.new_page()
    page.set_viewport_size(PHONE)
    page.goto("/marketing/segments")
    expect(page.get_by_role("link", name="Newsletters")).not_to_be_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Newsletters").click()
    steps.title(page, "Newsletters")


def test_the_open_menu_of_a_phone_is_accessible(new_context: NewContext, world: World) -> None:
    page = new_context(storage_state=world.cookies["administrator"]).new_page()
    page.set_viewport_size(PHONE)
    page.goto("/marketing/segments")
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Newsletters")).to_be_visible()
    accessible(page)


@pytest.mark.parametrize("path", REFUSED)
def test_a_refused_form_is_accessible(new_context: NewContext, world: World, path: str) -> None:
    administrator = path.startswith("/marketing") and path != "/marketing/login"
    page: Page = new_context(storage_state=world.cookies["administrator"] if administrator else None).new_page()
    page.goto(path)
    page.locator("main form").evaluate_all("forms => forms.forEach(form => { form.noValidate = true; })")
    page.get_by_role("main").get_by_role("button", name=REFUSED[path]).click()
    expect(page.locator("[aria-invalid=true], [role=alert], .notice").first).to_be_visible()
    accessible(page)
