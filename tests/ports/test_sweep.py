"""The sweep follows what the shop changed: spellings of an address, other addresses, customers gone, old requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.shops import ANNA, Shop
from webshop_segments import clock, storefront
from webshop_segments.consent import choices, projection, state
from webshop_segments.consent.models import ConsentRecord, ConsentState
from webshop_segments.directory import partners
from webshop_segments.directory.partners import PARTNER, MemberKey
from webshop_segments.directory.people import CONTACT, PersonKey
from webshop_segments.segments import audience, members, operations, sweep
from webshop_segments.segments.audience import Choice


def held(shop: Shop, customer: Any, channel: str) -> ConsentState:
    found = state.get(shop.session, PersonKey(CONTACT, str(customer.id)), channel)
    assert found is not None
    return found


def reached(shop: Shop, channel: str) -> dict[str | None, int]:
    return audience.counts(shop.session, shop.plugin.shop, Choice(channel, everybody=True))


@pytest.mark.parametrize(
    ("channel", "before", "after"),
    [
        ("email", "ada@example.com", " ada@example.com "),
        ("email", "ada@example.com", "ada@EXAMPLE.com"),
        ("email", "ada@example.com", "Ada@example.com"),
        ("email", "ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("sms", "+49 151 23456789", "0151 23456789"),
        ("sms", "+4915123456789", "0049 (151) 23456789"),
    ],
)
def test_another_spelling_of_the_same_address_keeps_the_consent(
    shop: Shop, channel: str, before: str, after: str
) -> None:
    shop.publish("email", "sms")
    column = audience.ADDRESS_COLUMN[channel]
    customer = shop.customer(**({"email": "ada@example.com", "phone": None} | {column: before}))
    give(shop, customer, channel)
    setattr(customer, column, after)
    shop.session.flush()
    assert reached(shop, channel) == {"address_changed": 1}

    assert sweep.sweep(shop.session, shop.plugin).retyped == 1

    assert held(shop, customer, channel).address_seen == after
    assert reached(shop, channel) == {None: 1}
    assert sweep.sweep(shop.session, shop.plugin).retyped == 0
    assert projection.rebuild(shop.session) == []


@pytest.mark.parametrize("after", ["bob@example.com", "not an address", ""])
def test_another_address_waits_for_a_new_consent(shop: Shop, after: str) -> None:
    shop.publish()
    customer = shop.agreed("ada@example.com")
    customer.email = after
    shop.session.flush()

    assert sweep.sweep(shop.session, shop.plugin).retyped == 0

    assert held(shop, customer, "email").address_seen == "ada@example.com"
    assert reached(shop, "email") == {"address_changed" if after else "no_address": 1}


def test_a_consent_that_does_not_hold_is_left_alone(shop: Shop) -> None:
    shop.publish()
    customer = shop.agreed("ada@example.com")
    person = PersonKey(CONTACT, str(customer.id))
    choices.withdraw(shop.session, person, "email", "profile", ANNA)
    customer.email = "ada@EXAMPLE.com"
    shop.session.flush()
    assert sweep.sweep(shop.session, shop.plugin).retyped == 0


def test_the_gone_are_found_and_the_rest_stays(shop: Shop) -> None:
    segment = operations.add(shop.session, "Friends", ANNA)
    firms = [shop.company(f"Firm {number}") for number in range(3)]
    members.add(shop.session, shop.plugin.shop, segment, [MemberKey(PARTNER, str(f.id)) for f in firms], ANNA)
    shop.session.delete(firms[1])
    shop.session.flush()
    everyone = Choice("email", everybody=False, segment_ids=(segment.id,))
    assert audience.counts(shop.session, shop.plugin.shop, everyone) == {"not_in_shop": 1}

    assert sweep.sweep(shop.session, shop.plugin).gone == 1
    assert sweep.sweep(shop.session, shop.plugin).gone == 0

    assert audience.counts(shop.session, shop.plugin.shop, everyone) == {"not_in_shop": 1}
    counts = members.counts(shop.session, shop.plugin.shop, [segment.id])[segment.id]
    assert (counts.partners, counts.gone) == (2, 1)


@pytest.mark.once
def test_the_creation_time_of_a_customer_is_one_text_in_every_zone() -> None:
    there = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert partners.created_text(there) == partners.created_text(there.astimezone(UTC)) == "2026-07-01T10:00:00+00:00"
    assert partners.created_text(there.date()) == "2026-07-01"
    assert partners.created_text(None) is None


@pytest.mark.rule("C15")
def test_a_request_nobody_confirmed_in_time_expires(shop: Shop) -> None:
    shop.publish()
    old, new = shop.agreed("old@example.com"), shop.agreed("new@example.com")
    for customer, age in ((old, timedelta(hours=1)), (new, -timedelta(hours=1))):
        shop.session.execute(
            update(ConsentState)
            .where(ConsentState.person_ref == str(customer.id))
            .values(status=state.PENDING, since=clock.now() - choices.REQUEST_LIFE - age)
        )

    assert sweep.sweep(shop.session, shop.plugin).expired == 1

    assert held(shop, old, "email").status == state.EXPIRED
    assert held(shop, new, "email").status == state.PENDING
    assert shop.session.scalars(select(ConsentRecord.action).order_by(ConsentRecord.id)).all()[-1] == "expired"


def give(shop: Shop, customer: Any, channel: str) -> None:
    storefront.give_sample(customer.id, [channel])
