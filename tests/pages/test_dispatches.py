"""What an administrator decides about a sending is taken only when it can be understood."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.shops import Shop
from webshop_segments import Unknown
from webshop_segments.newsletter.models import Delivery


@pytest.mark.parametrize("decision", [{}, {"as": ""}, {"as": "delivered"}])
def test_a_decision_that_cannot_be_read_settles_nobody(shop: Shop, decision: dict[str, str]) -> None:
    shop.publish()
    shop.agreed("a@example.com")
    shop.email.outcomes = lambda message: Unknown(message.number, "line lost")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.work()

    path = f"/marketing/dispatches/{dispatch.id}/unknown"
    answer = shop.app.test_client().post(path, data={"number": "1", **decision})

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.get_data(as_text=True)
    shop.session.expire_all()
    assert shop.session.scalars(select(Delivery.status)).all() == ["unknown"]
