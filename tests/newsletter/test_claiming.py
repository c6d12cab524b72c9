"""A claim reads what it takes, whatever the database believes about a dispatch it has no statistics of yet."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, text

from tests.ports import plans
from tests.shops import Shop
from webshop_segments.newsletter import deliveries
from webshop_segments.newsletter.engine import claims
from webshop_segments.newsletter.models import Delivery, Dispatch

ROWS = 3000


@pytest.fixture
def new(shop: Shop) -> Dispatch:
    """A dispatch that was prepared after the database last looked at its tables."""
    shop.publish()
    shop.agreed("anna@example.com")
    before, new = (shop.send(shop.newsletter(), control_copy=False) for _ in range(2))
    for dispatch, status in ((before, "sent"), (new, "queued")):
        person = {"person_kind": "contact", "person_ref": "1", "domain": "example.com", "status": status}
        person |= {"dispatch_id": dispatch.id}
        rows = [
            person | {"number": n, "address": f"p{n}@example.com", "address_key": f"{n:032x}"}
            for n in range(1, ROWS + 1)
        ]
        shop.session.execute(insert(Delivery), rows)
        if dispatch is before:
            shop.session.execute(text("ANALYZE"))
    shop.session.commit()
    return new


def test_claiming_does_not_compare_each_row_with_each_number(shop: Shop, new: Dispatch) -> None:
    steps = plans.steps(shop.session, lambda: claims.claim(shop.session, new.id, 1000, 60))
    assert len(steps) >= 3
    assert not [step for step in steps if step.startswith(("Nested Loop", "SCAN"))]


def test_cancelling_does_not_compare_each_row_with_each_number(shop: Shop, new: Dispatch) -> None:
    steps = plans.steps(shop.session, lambda: deliveries.cancel(shop.session, new.id))
    assert len(steps) >= 2
    assert not [step for step in steps if step.startswith(("Nested Loop", "SCAN"))]


def test_claims_follow_each_other_and_take_nothing_twice(shop: Shop, new: Dispatch) -> None:
    sizes = (1000, 1000, 5000, 10)
    taken = [[row.number for row in claims.claim(shop.session, new.id, size, 60)[1]] for size in sizes]
    assert [number for claim in taken for number in claim] == list(range(1, ROWS + 1))
    assert list(map(len, taken)) == [1000, 1000, 1000, 0]
    assert set(shop.session.scalars(select(Delivery.status).where(Delivery.dispatch_id == new.id))) == {"claimed"}
