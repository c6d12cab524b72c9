"""When a sending is prepared each chosen person is written down exactly once: as a delivery, or in a count."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from tests.segments.lists import partner, segment, subscribed
from tests.segments.test_reasons import EXPECTED, Cast
from tests.shops import Shop
from webshop_segments.directory.people import PersonKey
from webshop_segments.newsletter import following
from webshop_segments.newsletter.engine import preparation
from webshop_segments.newsletter.models import Delivery, Dispatch, DispatchExclusion
from webshop_segments.segments import audience


def prepare(shop: Shop, dispatch: Dispatch) -> None:
    for _slice in preparation.prepare(sessionmaker(shop.plugin.engine), shop.plugin, dispatch):
        pass


def deliveries(shop: Shop, dispatch: Dispatch) -> list[Delivery]:
    """All but the control copy."""
    rows = select(Delivery).where(Delivery.dispatch_id == dispatch.id, Delivery.number > 0).order_by(Delivery.number)
    return list(shop.session.scalars(rows))


def written(shop: Shop, dispatch: Dispatch) -> dict[str | None, int]:
    """Deliveries and counts together, by reason; None for those who get it."""
    found = Counter[str | None](row.reason or None for row in deliveries(shop, dispatch))
    counts = select(DispatchExclusion.reason, DispatchExclusion.count)
    for reason, count in shop.session.execute(counts.where(DispatchExclusion.dispatch_id == dispatch.id)):
        found[reason] += count
    return dict(found)


@pytest.fixture
def cast(shop: Shop) -> Cast:
    return Cast(shop)


@pytest.mark.rule("W46")
def test_deliveries_and_counts_of_a_sending_to_everybody_add_up_to_everybody(cast: Cast) -> None:
    shop = cast.shop
    dispatch = shop.send(shop.newsletter(language="de"))

    prepare(shop, dispatch)

    assert written(shop, dispatch) == dict(Counter(EXPECTED.values()))
    rows = deliveries(shop, dispatch)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert all((row.status == "skipped") == bool(row.reason) for row in rows)
    asked = {key for name, key in cast.keys.items() if name != "silent"}
    assert {PersonKey(row.person_kind, row.person_ref) for row in rows} == asked


@pytest.mark.rule("W46")
def test_of_chosen_segments_the_members_no_longer_in_the_shop_are_counted_too(cast: Cast) -> None:
    shop = cast.shop
    gone = shop.company("Gone")
    members = [partner(row) for name, row in cast.rows.items() if name != "guest"]
    chosen = segment(shop, "All", *members, subscribed(cast.rows["guest"]), partner(gone))
    shop.session.delete(gone)
    dispatch = shop.send(shop.newsletter(language="de"), chosen.id)

    prepare(shop, dispatch)

    assert written(shop, dispatch) == Counter(EXPECTED.values()) + Counter({"not_in_shop": 1})
    choice = following.choice_of(dispatch)
    assert written(shop, dispatch) == audience.counts(shop.session, shop.plugin.shop, choice)


def test_a_preparation_that_was_cut_off_is_done_again_from_the_start(cast: Cast) -> None:
    shop = cast.shop
    dispatch = shop.send(shop.newsletter(language="de"))
    next(preparation.prepare(sessionmaker(shop.plugin.engine), shop.plugin, dispatch))

    prepare(shop, dispatch)

    assert written(shop, dispatch) == dict(Counter(EXPECTED.values()))
