"""The system's Chromium for Playwright, the demo it visits, and what no page may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.chromium import ARGUMENTS, chromium_path
from tests.browser.demo import Demo
from tests.browser.looks import DESK
from tests.browser.watch import watched


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """A run without a browser fails and says how to get one."""
    path = chromium_path()
    if path is None:
        pytest.fail("The browser tests need Chromium: apt-get install chromium, or CHROMIUM=/path/to/chromium")
    return browser_type_launch_args | {"executable_path": path, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def loaded_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Demo]]:
    """The demo that most tests visit, and a copy of it as it was before the first of them."""
    folder = tmp_path_factory.mktemp("demo")
    demo = Demo(folder / "visited")
    try:
        demo.start()
        yield demo, demo.copy_to(folder / "untouched")
    finally:
        demo.end()
    assert demo.complaints() == ""


@pytest.fixture(scope="session")
def demo(loaded_demo: tuple[Demo, Demo]) -> Demo:
    """The demo of all tests; one that needs its own takes ``demo_of_its_own`` under this name."""
    return loaded_demo[0]


@pytest.fixture(scope="module")
def demo_of_its_own(loaded_demo: tuple[Demo, Demo], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of one module's own, with the sample data only."""
    demo = loaded_demo[1].copy_to(tmp_path_factory.mktemp("demo") / "own")
    try:
        demo.start()
        yield demo
    finally:
        demo.end()


@pytest.fixture(scope="module")
def browser_context_args(browser_context_args: dict[str, Any], demo: Demo) -> dict[str, Any]:
    """Addresses are paths of the demo."""
    return browser_context_args | {"base_url": demo.url, "viewport": DESK}


@pytest.fixture
def context(context: BrowserContext) -> Iterator[BrowserContext]:
    """A visitor, whose browser complains of nothing and calls nobody else."""
    with watched(context):
        yield context
