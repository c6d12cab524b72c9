"""Members and their keys in few words."""

from __future__ import annotations

from typing import Any

from tests.shops import ANNA, Shop
from webshop_segments.directory.models import Subscriber
from webshop_segments.directory.partners import MemberKey
from webshop_segments.segments import members, operations
from webshop_segments.segments.models import Segment


def partner(row: Any) -> MemberKey:
    """A company, or the company of a customer."""
    return MemberKey("partner", str(getattr(row, "company_id", row.id)))


def subscriber(shop: Shop, email: str | None = "guest@example.com", **values: Any) -> Subscriber:
    row = Subscriber(type="guest_order", email=email, email_key=None, **values)
    shop.session.add(row)
    shop.session.flush()
    return row


def subscribed(row: Subscriber) -> MemberKey:
    return MemberKey("subscriber", str(row.id))


def segment(shop: Shop, name: str = "Bikers", *keys: MemberKey) -> Segment:
    """A segment holding these members."""
    made = operations.add(shop.session, name, ANNA)
    if keys:
        members.add(shop.session, shop.plugin.shop, made, keys, ANNA)
    return made
