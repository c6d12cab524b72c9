"""The list of segments says how many a newsletter would reach, and when it was last used."""

from __future__ import annotations

import pytest

from tests.shops import ANNA, Shop
from webshop_segments.consent import choices, suppression
from webshop_segments.directory.partners import MemberKey
from webshop_segments.directory.people import PersonKey
from webshop_segments.newsletter import dispatches
from webshop_segments.segments import members, operations, reach


@pytest.mark.rule("W1")
def test_reachable_are_the_different_addresses_whose_consent_stands(shop: Shop) -> None:
    shop.publish("email", "sms")
    segment = operations.add(shop.session, "Regulars", ANNA)
    mobile = {"phone": "+4915123456789", "phone_verified": True}
    people = [
        shop.agreed("a@example.com", "email", "sms", **mobile),
        shop.agreed("twin@example.com"),
        shop.agreed("twin@example.com"),
        shop.customer("silent@example.com"),
        shop.agreed("withdrawn@example.com"),
        shop.agreed("blocked@example.com"),
        shop.agreed("closed@example.com", is_active=False),
        shop.agreed("old@example.com"),
    ]
    choices.withdraw(shop.session, PersonKey("contact", str(people[4].id)), "email", "profile", ANNA)
    key = shop.plugin.keys.address_key("email", "blocked@example.com")
    suppression.suppress(shop.session, "email", key, suppression.BOUNCED)
    people[7].email = "new@example.com"
    keys = [MemberKey("partner", str(person.company_id)) for person in people]
    members.add(shop.session, shop.plugin.shop, segment, keys, ANNA)

    found = reach.reachable(shop.session, shop.plugin.shop, [segment.id])

    assert found == {(segment.id, "email"): 2, (segment.id, "sms"): 1}
    dispatch = shop.send(shop.newsletter(), segment.id)
    shop.work()
    assert len(shop.email.sent) == 2
    assert dispatches.last_uses(shop.session, [segment.id])[segment.id].id == dispatch.id
    page = shop.app.test_client().get("/marketing/segments").get_data(as_text=True)
    assert "Spring" in page
