"""A shop whose visitors read German."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.shops import Shop
from tests.storefront.conftest import Front, Page


class GermanFront(Front):
    """A browser set to German."""

    def open(self, method: str, url: str, **options: Any) -> TestResponse:
        return super().open(method, url, headers={"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}, **options)

    def visit(self, url: str) -> Page:
        page = self.page(url)
        assert page.response.status_code == 200, page.words
        return page


@pytest.fixture
def german_front(shop: Shop, host_schema: str | None) -> GermanFront:
    """A German browser in a shop that asks for e-mail and SMS."""
    front = GermanFront(shop, host_schema)
    shop.publish("email", "sms")
    return front
