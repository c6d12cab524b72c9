"""A browser for the admin pages."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.shops import Shop
from webshop_segments.newsletter.models import Newsletter


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return shop.app.test_client()


@pytest.fixture
def newsletter(shop: Shop) -> Newsletter:
    """One that can be sent, by e-mail; SMS may be agreed to as well."""
    shop.publish("email", "sms")
    made = shop.newsletter()
    shop.session.commit()
    return made
