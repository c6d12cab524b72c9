"""Whom a choice of segments reaches: each person once, however many ways lead to her, and nobody by accident."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.consent.deeds import Someone, someone
from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import Shop
from webshop_segments import storefront
from webshop_segments.directory.people import PersonKey
from webshop_segments.segments import audience
from webshop_segments.segments.audience import Choice


def counts(shop: Shop, *segment_ids: int) -> dict[str | None, int]:
    return audience.counts(shop.session, shop.plugin.shop, Choice("email", False, segment_ids))


@pytest.mark.rule("W43")
def test_an_empty_segment_or_no_segment_at_all_is_nobody_and_not_everybody(shop: Shop) -> None:
    shop.publish()
    someone(shop).give()

    assert audience.counts(shop.session, shop.plugin.shop, Choice("email", everybody=True)) == {None: 1}
    assert counts(shop, segment(shop, "Empty").id) == {}
    assert counts(shop) == {}


@pytest.mark.rule("W47")
def test_all_employees_of_a_company_are_chosen_with_it(shop: Shop) -> None:
    shop.publish()
    company = shop.company()
    for name in ("ada", "bob"):
        someone(shop, f"{name}@example.com", company=company).give()
    someone(shop, "silent@example.com", company=company)
    someone(shop, "elsewhere@example.com").give()

    assert counts(shop, segment(shop, "Bikers", partner(company)).id) == {None: 2, "never_asked": 1}


def test_a_company_without_employees_reaches_nobody(shop: Shop) -> None:
    assert counts(shop, segment(shop, "Bikers", partner(shop.company())).id) == {}


@pytest.mark.rule("W47")
def test_whoever_is_in_several_segments_is_counted_once(shop: Shop) -> None:
    shop.publish()
    shared, lone = shop.agreed("shared@example.com"), shop.agreed("lone@example.com")
    guest = subscriber(shop, "guest@example.com")
    Someone(shop, PersonKey("subscriber", str(guest.id)), "guest@example.com").give()
    first = segment(shop, "First", partner(shared), subscribed(guest))
    second = segment(shop, "Second", partner(shared), partner(lone), subscribed(guest))

    assert counts(shop, first.id, second.id) == {None: 3}


@pytest.mark.rule("W47")
def test_of_an_account_and_a_subscriber_with_one_address_one_gets_it(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    guest = subscriber(shop, "ADA@example.com")
    Someone(shop, PersonKey("subscriber", str(guest.id)), "ADA@example.com").give()

    found = audience.counts(shop.session, shop.plugin.shop, Choice("email", everybody=True))

    assert found == {None: 1, "duplicate": 1}


def test_the_one_who_may_get_it_is_preferred_among_accounts_of_one_address(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com", is_active=False)
    shop.agreed("ada@example.com")

    found = audience.counts(shop.session, shop.plugin.shop, Choice("email", everybody=True))

    assert found == {None: 1, "inactive": 1}


@pytest.mark.rule("W3")
def test_members_no_longer_in_the_shop_are_counted_once_whether_we_were_told_or_not(shop: Shop) -> None:
    told, silent = shop.company("Told"), shop.company("Silent")
    first = segment(shop, "First", partner(told), partner(silent))
    second = segment(shop, "Second", partner(told))
    storefront.forget(partner_ref=told.id)
    shop.session.delete(silent)
    shop.session.flush()

    assert counts(shop, first.id, second.id) == {"not_in_shop": 2}


PEOPLE = 6
deeds = st.lists(st.sampled_from(("", "give", "request", "withdraw", "unsubscribe")), min_size=PEOPLE, max_size=PEOPLE)
chosen = st.sets(st.integers(0, PEOPLE - 1))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=deeds, first=chosen, second=chosen)
def test_the_counts_add_up_to_the_people_chosen(
    shop: Shop, deeds: list[str], first: set[int], second: set[int]
) -> None:
    shop.session.rollback()
    shop.publish()
    company = shop.company("Shared by two")
    customers = [
        shop.customer(f"p{number % 4}@example.com", company=company if number < 2 else None) for number in range(PEOPLE)
    ]
    for row, deed in zip(customers, deeds, strict=True):
        person = Someone(shop, PersonKey("contact", str(row.id)), row.email)
        if deed:
            person.give()
        if deed and deed != "give":
            getattr(person, deed)()
    ids = [
        segment(shop, f"S{n}", *{partner(customers[i]) for i in picked}).id for n, picked in enumerate((first, second))
    ]

    companies = {customers[number].company_id for number in first | second}
    assert sum(counts(shop, *ids).values()) == sum(row.company_id in companies for row in customers)
    reached = counts(shop, *ids).get(None, 0)
    assert reached <= len({row.email for row in customers if row.company_id in companies})
    everybody = audience.counts(shop.session, shop.plugin.shop, Choice("email", everybody=True))
    assert sum(everybody.values()) == PEOPLE
    assert reached <= everybody.get(None, 0)
