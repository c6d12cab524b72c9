"""A newsletter is sent again to those who became reachable since, and to nobody it was meant for before (W49)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.segments.lists import partner, segment
from tests.shops import ANNA, Shop
from webshop_segments import Refused, Rejected, storefront
from webshop_segments.newsletter import dispatches, newsletters, results
from webshop_segments.newsletter.models import Delivery, Dispatch, Newsletter
from webshop_segments.segments import operations


def follow(shop: Shop, earlier: Dispatch, key: str = "k") -> Dispatch:
    newsletter = shop.session.get(Newsletter, earlier.newsletter_id)
    assert newsletter is not None
    made = dispatches.start(shop.session, shop.plugin, newsletter, (), key, ANNA, follows=earlier, control_copy=False)
    shop.session.commit()
    return made


def sent(shop: Shop) -> dict[str, int]:
    return Counter(message.address for message in shop.email.sent)


def agrees(shop: Shop, row: Any) -> None:
    storefront.give_sample(row.id, ["email"])


@pytest.mark.rule("W49")
def test_those_who_became_reachable_get_it_and_nobody_else(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    silent, never = shop.customer("silent@example.com"), shop.customer("never@example.com")
    first = shop.send(shop.newsletter(), control_copy=False)
    shop.work()

    with pytest.raises(Refused, match="Nobody has become reachable"):
        follow(shop, first)
    shop.session.rollback()
    agrees(shop, silent)
    second = follow(shop, first)
    shop.work()

    assert sent(shop) == {"ada@example.com": 1, "silent@example.com": 1}
    assert (second.status, second.follows_id, second.everybody) == ("finished", first.id, True)
    found = results.of_dispatch(shop.session, second)
    assert (found.recipients, found.left_out) == (1, {"sent_before": 1, "never_asked": 1})
    assert shop.session.scalar(select(func.count()).where(Delivery.dispatch_id == second.id)) == 1
    assert never.id


@pytest.mark.rule("W49")
def test_the_third_sending_leaves_out_whom_the_first_and_the_second_served(shop: Shop) -> None:
    shop.publish()
    people = [shop.customer(f"p{number}@example.com") for number in range(3)]
    agrees(shop, people[0])
    first = shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    agrees(shop, people[1])
    follow(shop, first, "second")
    shop.work()
    agrees(shop, people[2])
    for number, earlier in enumerate((first,)):
        third = follow(shop, earlier, f"third {number}")
        shop.work()
        assert third.follows_id == first.id

    assert sent(shop) == {f"p{number}@example.com": 1 for number in range(3)}


@pytest.mark.rule("W49")
def test_it_reaches_the_same_segments_but_not_the_excluded_ones(shop: Shop) -> None:
    shop.publish()
    inside, outside, elsewhere = (shop.customer(f"{name}@example.com") for name in ("in", "out", "else"))
    chosen = segment(shop, "Chosen", partner(inside), partner(outside), partner(shop.agreed("ada@example.com")))
    excluded = segment(shop, "Excluded", partner(outside))
    first = shop.send(shop.newsletter(), chosen.id, excluded_ids=[excluded.id], control_copy=False)
    shop.work()
    for row in (inside, outside, elsewhere):
        agrees(shop, row)
    second = follow(shop, first)
    shop.work()

    assert sent(shop) == {"ada@example.com": 1, "in@example.com": 1}
    assert [(row.name, row.excluded) for row in second.segments] == [("Chosen", False), ("Excluded", True)]
    assert results.of_dispatch(shop.session, second).left_out == {"sent_before": 1, "excluded_segment": 1}


@pytest.mark.rule("W49")
def test_whoever_was_refused_or_has_another_address_now_is_not_written_to_again(shop: Shop) -> None:
    shop.publish()
    moved = shop.agreed("old@example.com")
    shop.agreed("refused@example.com")
    shop.email.outcomes = lambda message: Rejected(message.number, "550 no", permanent=True)
    first = shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    moved.email = "new@example.com"
    agrees(shop, moved)
    shop.session.flush()

    with pytest.raises(Refused, match="Nobody has become reachable"):
        follow(shop, first)


@pytest.mark.rule("W49")
def test_a_double_post_creates_one_and_a_second_one_waits_for_the_first(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    late = shop.customer("late@example.com")
    first = shop.send(shop.newsletter(), control_copy=False)
    with pytest.raises(Refused, match="still on its way"):
        follow(shop, first)
    shop.session.rollback()
    shop.work()
    agrees(shop, late)

    assert follow(shop, first, "once").id == follow(shop, first, "once").id
    with pytest.raises(Refused, match="still on its way"):
        follow(shop, first, "twice")
    shop.session.rollback()
    shop.work()
    assert sent(shop)["late@example.com"] == 1


@pytest.mark.rule("W3")
@pytest.mark.rule("W49")
def test_a_past_sending_stays_readable_without_its_newsletter_and_segments(shop: Shop) -> None:
    shop.publish()
    person = shop.agreed("ada@example.com")
    chosen, excluded = segment(shop, "Chosen", partner(person)), segment(shop, "Excluded")
    newsletter = shop.newsletter()
    dispatch = shop.send(newsletter, chosen.id, excluded_ids=[excluded.id], control_copy=False)
    shop.work()
    company = shop.session.get(shop.Company, person.company_id)
    shop.session.delete(person)
    shop.session.flush()
    shop.session.delete(company)
    shop.session.flush()
    for row in (chosen, excluded):
        operations.remove(shop.session, shop.plugin.shop, row, (), ANNA)
    newsletters.remove(shop.session, newsletter, ANNA)
    shop.session.commit()

    shown = shop.app.test_client().get(f"/marketing/dispatches/{dispatch.id}").text
    for words in ("Spring", "Chosen", "Excluded"):
        assert words in shown
    assert results.of_dispatch(shop.session, dispatch).by_status == {"sent": 1}
