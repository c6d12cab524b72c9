"""The system's Chromium for Playwright; without one the browser tests fail and say how to get it."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser at CHROMIUM, else of the first one installed."""
    named = os.environ.get("CHROMIUM")
    for name in [named] if named else NAMES:
        if path := shutil.which(name):
            return path
    pytest.fail("The browser tests need Chromium: apt-get install chromium, or CHROMIUM=/path/to/chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium: str) -> dict[str, Any]:
    """How Playwright starts it: as root, in a container, and without a word to its maker."""
    return browser_type_launch_args | {
        "executable_path": chromium,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
        ],
    }
