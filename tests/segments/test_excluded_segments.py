"""Whom choosing an excluded segment would reach gets nothing, whatever else she is a member of (W51)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import String, literal, select, union_all

from tests.consent.deeds import Someone, someone
from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import Shop, make_shop
from webshop_segments import storefront
from webshop_segments.directory.people import PersonKey
from webshop_segments.segments import audience
from webshop_segments.segments.audience import Choice


def counts(shop: Shop, *chosen: int, excluded: tuple[int, ...]) -> dict[str | None, int]:
    choice = Choice("email", not chosen, chosen, excluded_ids=excluded)
    found = audience.counts(shop.session, shop.plugin.shop, choice)
    assert audience.reaches_anybody(shop.session, shop.plugin.shop, choice) == bool(found.get(None))
    return found


@pytest.mark.rule("W51")
def test_members_of_an_excluded_segment_are_left_out_of_everybody_and_of_chosen_segments(shop: Shop) -> None:
    shop.publish()
    ada, bob = shop.agreed("ada@example.com"), shop.agreed("bob@example.com")
    guest = subscriber(shop, "guest@example.com")
    Someone(shop, PersonKey("subscriber", str(guest.id)), "guest@example.com").give()
    all_of_them = segment(shop, "All", partner(ada), partner(bob), subscribed(guest))
    outside = segment(shop, "Outside", partner(ada), subscribed(guest))

    assert counts(shop, excluded=(outside.id,)) == {None: 1, "excluded_segment": 2}
    assert counts(shop, all_of_them.id, excluded=(outside.id,)) == {None: 1, "excluded_segment": 2}
    assert counts(shop, all_of_them.id, excluded=(all_of_them.id,)) == {"excluded_segment": 3}
    assert counts(shop, all_of_them.id, excluded=(segment(shop, "Empty").id,)) == {None: 3}


@pytest.mark.rule("W51")
def test_whoever_was_left_out_anyway_keeps_her_reason(shop: Shop) -> None:
    shop.publish()
    silent, gone_away = shop.customer("silent@example.com"), someone(shop, "back.out@example.com")
    gone_away.give()
    gone_away.withdraw()
    leaving = shop.session.get(shop.Customer, int(gone_away.key.ref))
    outside = segment(shop, "Outside", partner(silent), partner(leaving))

    assert counts(shop, excluded=(outside.id,)) == {"never_asked": 1, "withdrawn": 1}


@pytest.mark.rule("W51")
def test_nobody_gets_it_through_a_second_account_with_the_same_address(shop: Shop) -> None:
    shop.publish()
    ada = shop.agreed("ada@example.com")
    guest = subscriber(shop, "ADA@example.com")
    Someone(shop, PersonKey("subscriber", str(guest.id)), "ADA@example.com").give()

    assert counts(shop, excluded=(segment(shop, "Outside", partner(ada)).id,)) == {"excluded_segment": 2}


@pytest.mark.rule("W51")
def test_members_no_longer_in_the_shop_exclude_nobody(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    left = shop.company("Left")
    outside = segment(shop, "Outside", partner(left))
    storefront.forget(partner_ref=left.id)

    assert counts(shop, excluded=(outside.id,)) == {None: 1}


PEOPLE = 6
deeds = st.lists(st.sampled_from(("", "give", "request", "withdraw", "unsubscribe")), min_size=PEOPLE, max_size=PEOPLE)
some = st.sets(st.integers(0, PEOPLE - 1))


@pytest.mark.rule("W43")
@pytest.mark.rule("W51")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=deeds, everybody=st.booleans(), chosen=some, excluded=some, served=some)
def test_the_audience_is_that_of_a_plain_model(
    shop: Shop, deeds: list[str], everybody: bool, chosen: set[int], excluded: set[int], served: set[int]
) -> None:
    shop.session.rollback()
    shop.publish()
    company = shop.company("Shared by two")
    rows = [shop.customer(f"p{n % 4}@example.com", company=company if n < 2 else None) for n in range(PEOPLE)]
    people = [Someone(shop, PersonKey("contact", str(row.id)), row.email) for row in rows]
    for person, deed in zip(people, deeds, strict=True):
        if deed:
            person.give()
        if deed and deed != "give":
            getattr(person, deed)()
    ids = [segment(shop, name, *{partner(rows[n]) for n in set_}).id for name, set_ in (("A", chosen), ("B", excluded))]
    choice = Choice(
        "email",
        everybody,
        () if everybody else (ids[0],),
        excluded_ids=(ids[1],),
        served=_rows([people[n] for n in sorted(served)]),
    )

    def inside(number: int, picked: set[int]) -> bool:
        return rows[number].company_id in {rows[n].company_id for n in picked}

    outside = {people[n].email for n in range(PEOPLE) if inside(n, excluded) and deeds[n]}
    had = {people[n].email for n in served}
    expected, reached = Counter[str | None](), set[str]()
    for number, person in enumerate(people):
        if not everybody and not inside(number, chosen):
            continue
        status = person.status()
        reason: str | None = None
        if number in served or (deeds[number] and person.email in had):
            reason = "sent_before"
        elif status != "granted":
            reason = {"none": "never_asked"}.get(status, status)
        elif person.suppressed():
            reason = "suppressed"
        elif person.email in outside:
            reason = "excluded_segment"
        elif person.email in reached:
            reason = "duplicate"
        else:
            reached.add(person.email)
        expected[reason] += 1
    assert audience.counts(shop.session, shop.plugin.shop, choice) == expected


def _rows(people: list[Someone]) -> Any:
    """As a SELECT, what an earlier sending knows of whom it went to."""
    columns = ("kind", "ref", "address_key")
    given = [(person.key.kind, person.key.ref, person.address().key) for person in people]
    given = given or [("control", "", "")]
    return (
        union_all(*(select(*(literal(v, String).label(c) for v, c in zip(row, columns, strict=True))) for row in given))
        .subquery()
        .select()
    )


@pytest.mark.rule("W51")
@pytest.mark.parametrize("key_type", ["uuid", "text"])
def test_segments_are_excluded_whatever_the_shops_keys_are(
    database_url: str, host_schema: str | None, key_type: str
) -> None:
    made = make_shop(database_url, schema=host_schema, key_type=key_type)
    with made.app.app_context():
        made.publish()
        ada = made.agreed("ada@example.com")
        made.agreed("bob@example.com")
        assert counts(made, excluded=(segment(made, "Outside", partner(ada)).id,)) == {None: 1, "excluded_segment": 1}
        made.db.session.remove()
        made.plugin.engine.dispose()
