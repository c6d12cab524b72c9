"""As long as the shop has published no consent, nothing is asked and nothing breaks."""

from __future__ import annotations

import pytest

from tests.shops import Shop
from tests.storefront.conftest import Front


@pytest.mark.parametrize("place", ["registration", "checkout", "guest_checkout", "profile"])
def test_without_a_published_consent_the_form_has_no_boxes(shop: Shop, host_schema: str | None, place: str) -> None:
    front = Front(shop, host_schema)

    page = front.form(place, shop.customer("ada@example.com") if place == "profile" else None)

    assert page.response.status_code == 200
    assert page.fields == []
