"""The way from a newsletter to its sending, as a browser posts it."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.shops import Shop
from webshop_segments.newsletter.models import Dispatch


def dispatches(shop: Shop) -> list[Dispatch]:
    shop.session.expire_all()
    return list(shop.session.scalars(select(Dispatch).order_by(Dispatch.id)))


def post(client: FlaskClient, path: str, **values: Any) -> Any:
    return client.post(path, data={"request_key": "k", "when": "now"} | values)
