"""A person who uses the keyboard alone: Tab, Enter, Space, arrows and letters."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

MOST_TABS = 120


class Keyboard:
    def __init__(self, page: Page) -> None:
        self._page = page

    def reach(self, wanted: Locator) -> None:
        """Press Tab until the focus is there, and see that it shows."""
        for _ in range(MOST_TABS):
            if wanted.evaluate("element => element === document.activeElement"):
                assert wanted.evaluate(SHOWS_FOCUS), f"{wanted} has the focus and does not show it"
                return
            self.press("Tab")
        raise AssertionError(f"{wanted} is not reached with {MOST_TABS} presses of Tab")

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def enter(self, wanted: Locator) -> None:
        """Follow a link or press a button."""
        self.reach(wanted)
        self.press("Enter")

    def tick(self, wanted: Locator) -> None:
        self.reach(wanted)
        self.press("Space")

    def type(self, field: Locator, text: str) -> None:
        """Write into a field, in place of what stands there."""
        self.reach(field)
        self.press("Control+A")
        self._page.keyboard.type(text)

    def choose(self, first: Locator, wanted: Locator) -> None:
        """Pick a radio button: Tab leads to the group's first, arrows to the others."""
        self.reach(first)
        self.press("Space")
        while not wanted.is_checked():
            self.press("ArrowDown")


SHOWS_FOCUS = """element => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" || style.boxShadow !== "none";
}"""
