"""A browser for the admin pages."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.shops import Shop


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return shop.app.test_client()
