"""How a page looks and whether everybody can use it: light and dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")

RUN = "options => axe.run(options).then(found => found.violations)"


def accessible(page: Page) -> None:
    """No fault that axe calls serious or critical, and nothing wider than the screen.

    :raises AssertionError: naming each fault, the look it has it in, and the elements.
    """
    faults = []
    page.evaluate(Axe().axe_script)
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            # What is dark differs from what is light in nothing but colours.
            options: dict[str, Any] = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
            violations = page.evaluate(RUN, options | {"resultTypes": ["violations"]})
            faults += [f"{size['width']} {scheme}: {fault}" for fault in _serious(violations)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            faults.append(f"{size['width']}: {wide} pixels wider than the screen")
    assert not faults, f"{page.url}\n" + "\n".join(faults)


def _serious(violations: list[dict[str, Any]]) -> Iterator[str]:
    for found in violations:
        if found["impact"] in ("serious", "critical"):
            elements = " ".join(node["html"][:160] for node in found["nodes"][:3])
            yield f"{found['id']} ({found['help']}): {elements}"
