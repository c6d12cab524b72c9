"""Many members at once: as many join or leave as was said, and a removal can be undone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import ANNA, Shop
from tests.support.together import together
from webshop_segments.access import Actor
from webshop_segments.administration.models import Audit
from webshop_segments.errors import Refused
from webshop_segments.segments import crowds, members, operations
from webshop_segments.segments.members import Counts
from webshop_segments.segments.models import Segment, SegmentMember
from webshop_segments.segments.roll import View

BERTA = Actor("administrator", "2", "Berta")


def add_found(shop: Shop, made: Segment, words: str, expected: int) -> int:
    return crowds.add_found(shop.session, shop.plugin.shop, made, words, expected, ANNA)


def counts(shop: Shop, made: Segment) -> Counts:
    return members.counts(shop.session, shop.plugin.shop, [made.id])[made.id]


@pytest.fixture
def bikers(shop: Shop) -> Segment:
    """Three companies and two subscribers hold the word "bike"; one company is a member already."""
    companies = [shop.company(f"Bike {number}") for number in range(2)]
    shop.customer("ann@bike.example", company=shop.company("By its contact"))
    for number in range(2):
        subscriber(shop, f"{number}@bike.example")
    shop.company("Boats")
    return segment(shop, "Bikers", partner(companies[0]))


@pytest.mark.rule("W6")
def test_everybody_a_search_finds_is_added_at_once(shop: Shop, bikers: Segment) -> None:
    assert crowds.missing(shop.session, shop.plugin.shop, bikers, "bike") == 4

    assert add_found(shop, bikers, "bike", 4) == 4

    assert counts(shop, bikers) == Counts(partners=3, subscribers=2)
    assert crowds.missing(shop.session, shop.plugin.shop, bikers, "bike") == 0
    assert add_found(shop, bikers, "bike", 0) == 0
    noted = shop.session.scalars(select(Audit.detail).where(Audit.action == "segment.members_added")).all()
    assert noted[-1] == {"count": 4}


@pytest.mark.rule("W6")
def test_nobody_is_added_or_removed_when_the_number_has_changed_since_it_was_said(shop: Shop, bikers: Segment) -> None:
    shop.company("Bike 3")

    with pytest.raises(Refused, match="Meanwhile they are 5 customers") as refusal:
        add_found(shop, bikers, "bike", 4)
    with pytest.raises(Refused, match="Meanwhile it is 1 customer"):
        crowds.remove_all(shop.session, shop.plugin.shop, bikers, View(), 2, ANNA)

    assert refusal.value.status == 409
    assert counts(shop, bikers).total == 1


@pytest.mark.rule("W6")
def test_two_adding_the_same_crowd_at_once_add_it_once(shop: Shop, bikers: Segment) -> None:
    segment_id = bikers.id
    shop.session.commit()

    def add() -> str:
        try:
            count = add_found(shop, operations.get(shop.session, segment_id), "bike", 4)
            shop.session.commit()
        except Refused as refusal:
            shop.session.rollback()
            return f"told: {refusal.status}"
        return f"added: {count}"

    assert sorted(together(shop.app, add, add)) == ["added: 4", "told: 409"]
    assert counts(shop, operations.get(shop.session, segment_id)).total == 5


def test_nobody_is_added_to_a_segment_that_is_deleted(shop: Shop) -> None:
    made = segment(shop)
    operations.remove(shop.session, shop.plugin.shop, made, [], ANNA)

    with pytest.raises(Refused, match="no longer exists"):
        add_found(shop, made, "bike", 0)


@pytest.mark.rule("W6")
def test_everybody_a_view_shows_is_removed_and_the_others_stay(shop: Shop, bikers: Segment) -> None:
    add_found(shop, bikers, "bike", 4)

    assert crowds.count(shop.session, shop.plugin.shop, bikers, View(kind="subscriber")) == 2
    assert crowds.remove_all(shop.session, shop.plugin.shop, bikers, View(kind="subscriber"), 2, ANNA) == 2
    assert counts(shop, bikers) == Counts(partners=3)
    assert crowds.remove_all(shop.session, shop.plugin.shop, bikers, View(words="contact"), 1, ANNA) == 1
    assert crowds.remove_all(shop.session, shop.plugin.shop, bikers, View(), 2, ANNA) == 2
    assert counts(shop, bikers) == Counts()


@pytest.mark.rule("W6")
def test_a_removal_is_undone_by_its_event_and_whoever_left_the_shop_stays_away(shop: Shop) -> None:
    staying, leaving = shop.company("Staying"), shop.company("Leaving")
    guest = subscriber(shop)
    made = segment(shop, "Bikers", partner(staying), partner(leaving), subscribed(guest))
    crowds.remove_all(shop.session, shop.plugin.shop, made, View(), 3, ANNA)
    shop.session.delete(leaving)
    shop.session.flush()
    event = crowds.last_removal(shop.session, made, ANNA)
    assert crowds.last_removal(shop.session, made, BERTA) is None
    assert event is not None

    assert crowds.put_back(shop.session, shop.plugin.shop, made, event, ANNA) == 2
    assert crowds.put_back(shop.session, shop.plugin.shop, made, event, ANNA) == 0
    assert counts(shop, made) == Counts(partners=1, subscribers=1)


def test_what_is_no_removal_from_this_segment_cannot_be_undone(shop: Shop) -> None:
    made, other = segment(shop, "Bikers", partner(shop.company())), segment(shop, "Hikers", partner(shop.company("C")))
    crowds.remove_all(shop.session, shop.plugin.shop, other, View(), 1, ANNA)
    foreign = crowds.last_removal(shop.session, other, ANNA)
    added = shop.session.scalars(select(Audit.id).where(Audit.action == "segment.members_added")).first()

    for event in (foreign, added, 4711):
        with pytest.raises(Refused, match="nothing to be undone") as refusal:
            crowds.put_back(shop.session, shop.plugin.shop, made, event or 0, ANNA)
        assert refusal.value.status == 404


def test_a_large_removal_is_noted_by_its_number_and_cannot_be_undone(shop: Shop) -> None:
    made, most = segment(shop), crowds.MOST_NAMED + 1
    crowd = {subscribed_to(number): None for number in range(most)}
    members.insert(shop.session, made, crowd, ANNA)

    assert crowds.remove_all(shop.session, shop.plugin.shop, made, View(), most, ANNA) == most

    assert shop.session.scalars(select(SegmentMember.id)).all() == []
    event = crowds.last_removal(shop.session, made, ANNA)
    assert crowds.removal(shop.session, made, event) is None
    noted = shop.session.get(Audit, event)
    assert noted is not None
    assert noted.detail == {"count": most}


def subscribed_to(number: int) -> members.MemberKey:
    return members.MemberKey("subscriber", str(number))
