"""A newsletter to everybody reaches exactly those who agreed, each address once."""

from __future__ import annotations

import pytest

from tests.shops import Shop
from webshop_segments.newsletter import results


@pytest.mark.rule("W43")
def test_everybody_who_agreed_gets_it_once_and_the_rest_is_accounted_for(shop: Shop) -> None:
    shop.publish()
    for number in range(5):
        shop.agreed(f"agreed{number}@example.com")
    shop.agreed("agreed0@example.com")
    shop.customer("silent@example.com")
    shop.customer(None)
    shop.agreed("closed@example.com", is_active=False)
    dispatch = shop.send(shop.newsletter())

    shop.work()

    assert sorted(message.address for message in shop.email.sent) == sorted(
        [f"agreed{number}@example.com" for number in range(5)] + ["shop@shop.example"]
    )
    found = results.of_dispatch(shop.session, dispatch)
    assert found.by_status["sent"] == 5
    assert found.left_out == {"never_asked": 1, "no_address": 1, "inactive": 1, "duplicate": 1}
    assert found.people == 9
    assert found.control == "sent"
    assert dispatch.status == "finished"
