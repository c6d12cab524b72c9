"""A segment goes only when it holds nobody and no sending needs it."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import ANNA, Shop
from tests.support.together import together
from webshop_segments import storefront
from webshop_segments.errors import Refused
from webshop_segments.newsletter import dispatches
from webshop_segments.segments import members, operations
from webshop_segments.segments.models import Segment, SegmentMember


def remove(shop: Shop, made: Segment) -> None:
    used_by = dispatches.unfinished_of_segment(shop.session, made.id)
    operations.remove(shop.session, shop.plugin.shop, made, used_by, ANNA)
    shop.session.flush()


def left(shop: Shop) -> list[str]:
    return list(shop.session.scalars(select(Segment.name)))


@pytest.mark.rule("W3")
def test_an_empty_segment_is_deleted(shop: Shop) -> None:
    remove(shop, segment(shop))

    assert left(shop) == []


@pytest.mark.rule("W3")
def test_one_that_holds_somebody_stays_and_says_how_many(shop: Shop) -> None:
    made = segment(shop, "Bikers", *(partner(shop.company(f"C{number}")) for number in range(2)))
    members.add(shop.session, shop.plugin.shop, made, [subscribed(subscriber(shop))], ANNA)

    with pytest.raises(Refused, match="“Bikers” cannot be deleted: it still holds 3 customers") as refusal:
        remove(shop, made)

    assert refusal.value.status == 409
    assert left(shop) == ["Bikers"]
    assert members.counts(shop.session, shop.plugin.shop, [made.id])[made.id].total == 3


@pytest.mark.rule("W3")
def test_members_who_are_no_longer_in_the_shop_do_not_keep_it(shop: Shop) -> None:
    told, silent, guest = shop.company("Told"), shop.company("Silent"), subscriber(shop)
    made = segment(shop, "Bikers", partner(told), partner(silent), subscribed(guest))
    storefront.forget(partner_ref=told.id)
    shop.session.delete(silent)
    shop.session.delete(guest)
    shop.session.flush()

    remove(shop, made)

    assert left(shop) == []
    assert not shop.session.scalars(select(SegmentMember)).all()


@pytest.mark.rule("W3")
def test_one_that_a_sending_still_needs_stays_until_that_is_finished(shop: Shop) -> None:
    shop.publish()
    made = segment(shop, "Bikers", partner(shop.agreed("ada@example.com")))
    shop.send(shop.newsletter(name="Spring"), made.id)
    shop.session.execute(delete(SegmentMember))
    shop.session.commit()

    with pytest.raises(Refused, match="“Spring” is still being sent to it"):
        remove(shop, made)

    shop.session.rollback()
    shop.work()
    remove(shop, made)
    assert left(shop) == []


@pytest.mark.rule("W3")
def test_a_member_added_at_the_same_moment_is_never_swept_away(shop: Shop) -> None:
    company = shop.company()
    segment_id = segment(shop, "Bikers").id
    shop.session.commit()

    def add() -> str:
        made = operations.get(shop.session, segment_id)
        members.add(shop.session, shop.plugin.shop, made, [partner(company)], ANNA)
        shop.session.commit()
        return "added"

    def delete_it() -> str:
        remove(shop, operations.get(shop.session, segment_id))
        shop.session.commit()
        return "deleted"

    def told(piece: object) -> str:
        try:
            return str(piece())  # type: ignore[operator]
        except Refused as refusal:
            shop.session.rollback()
            return str(refusal.status)

    added, deleted = together(shop.app, lambda: told(add), lambda: told(delete_it))

    assert (added, deleted) in {("added", "409"), ("404", "deleted")}
    there = shop.session.scalars(select(SegmentMember.ref)).all()
    assert (left(shop), there) in ((["Bikers"], [str(company.id)]), ([], []))


def test_an_id_is_not_given_again(shop: Shop) -> None:
    old = segment(shop, "Bikers")
    old_id = old.id
    remove(shop, old)

    assert segment(shop, "Riders").id != old_id
    with pytest.raises(Refused, match="no longer exists") as refusal:
        operations.get(shop.session, old_id)
    assert refusal.value.status == 404
