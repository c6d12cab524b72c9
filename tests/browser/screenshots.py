"""`python -m tests.browser.screenshots FOLDER`: every page for people to look at; `--readme`: the README's pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser import steps
from tests.browser.chromium import ARGUMENTS, chromium_path
from tests.browser.demo import Demo
from tests.browser.looks import DESK, PHONE, SCHEMES
from tests.browser.places import LETTER, PLACES, World, furnish

LOCALES = {"en": "en-GB", "de": "de-DE"}
IMAGES = Path(__file__).parents[2] / "docs" / "images"


def main(arguments: list[str]) -> str | None:
    """Answers what is wrong with the arguments, None when the pictures are made."""
    if len(arguments) != 1:
        return "usage: python -m tests.browser.screenshots FOLDER | --readme"
    with _shop() as (browser, demo):
        world = furnish(browser, demo, locale=LOCALES["en"])
        if arguments == ["--readme"]:
            _for_the_readme(browser, demo, world)
        else:
            _every_page(browser, demo, world, Path(arguments[0]))
    return None


@contextmanager
def _shop() -> Iterator[tuple[Browser, Demo]]:
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Demo(Path(folder) / "demo")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        try:
            demo.start()
            yield browser, demo
        finally:
            demo.end()
            browser.close()


def _for_the_readme(browser: Browser, demo: Demo, world: World) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    page = _visitor(browser, demo, world, "administrator", "en").new_page()
    page.goto(f"/marketing/segments/{world.values['segment']}")
    page.screenshot(path=IMAGES / "segment.png")
    steps.choose(page, steps.write_newsletter(page, "email", "Summer tyres", LETTER))
    page.screenshot(path=IMAGES / "send.png")


def _every_page(browser: Browser, demo: Demo, world: World, folder: Path) -> None:
    for language in LOCALES:
        visitors = {who: _visitor(browser, demo, world, who, language) for who in world.cookies}
        for place in PLACES:
            page = visitors[place.who].new_page()
            for size in (DESK, PHONE):
                page.set_viewport_size(size)
                page.goto(world.path(place), wait_until="networkidle")
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                    name = f"{place.name}.{size['width']}.{scheme}.{language}.png"
                    page.screenshot(path=folder / name, full_page=True)
            page.close()


def _visitor(browser: Browser, demo: Demo, world: World, who: str, language: str) -> BrowserContext:
    context = browser.new_context(
        base_url=demo.url, storage_state=world.cookies[who], locale=LOCALES[language], viewport=DESK
    )
    if who == "customer":
        # The shop writes to a customer in the language of her account until she chooses another.
        page = context.new_page()
        page.goto("/")
        page.locator(f"button[name=language][value={language}]").click()
        page.close()
    return context


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
