"""Fixtures for the tests of a shop that uses webshop_segments; pytest finds them by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .testing import FakeShop, Outbox


@pytest.fixture
def segments_outbox(request: pytest.FixtureRequest) -> Outbox:
    """What the shop's own app sends: your fixture ``app``, on a database file with the plugin's tables."""
    return Outbox(request.getfixturevalue("app"))


@pytest.fixture
def segments_shop(tmp_path: Path) -> Iterator[FakeShop]:
    """A small shop with the plugin: for a channel, an access, a signal's receiver of your own."""
    shop = FakeShop(tmp_path)
    yield shop
    with shop.app.app_context():
        shop.db.engine.dispose()
