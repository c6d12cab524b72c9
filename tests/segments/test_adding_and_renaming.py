"""A segment's name belongs to it alone, also when two administrators choose it at the same moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.segments.lists import partner, segment
from tests.shops import ANNA, Shop
from tests.support.together import together
from webshop_segments.administration.models import Audit
from webshop_segments.errors import Refused
from webshop_segments.segments import members, operations
from webshop_segments.segments.models import Segment


def all_names(shop: Shop) -> list[str]:
    return list(shop.session.scalars(select(Segment.name).order_by(Segment.id)))


@pytest.mark.rule("W2")
@pytest.mark.parametrize("name", ["Bikers", "  bikers", "BIKERS", "Ｂikers"])
def test_a_name_that_is_taken_is_refused_and_another_asked_for(shop: Shop, name: str) -> None:
    segment(shop, "Bikers")

    with pytest.raises(Refused, match="already exists and cannot be created again. Choose another name") as refusal:
        operations.add(shop.session, name, ANNA)

    assert (refusal.value.field, refusal.value.status) == ("name", 409)
    assert all_names(shop) == ["Bikers"]


@pytest.mark.rule("W2")
def test_renaming_keeps_the_members_and_is_noted(shop: Shop) -> None:
    made = segment(shop, "Bikers", partner(shop.customer("ada@example.com")))

    operations.rename(shop.session, made, " Riders ", ANNA)

    assert all_names(shop) == ["Riders"]
    assert members.counts(shop.session, shop.plugin.shop, [made.id])[made.id].total == 1
    noted = shop.session.scalars(select(Audit).where(Audit.action == "segment.renamed")).one()
    assert (noted.actor_name, noted.object_name, noted.detail) == ("Anna", "Riders", {"old": "Bikers"})


def test_a_segment_may_change_the_case_of_its_own_name(shop: Shop) -> None:
    made = segment(shop, "bikers")

    operations.rename(shop.session, made, "BIKERS", ANNA)

    assert all_names(shop) == ["BIKERS"]


def test_renaming_to_the_same_name_is_no_event(shop: Shop) -> None:
    made = segment(shop, "Bikers")

    operations.rename(shop.session, made, " Bikers ", ANNA)

    assert "segment.renamed" not in shop.session.scalars(select(Audit.action)).all()


@pytest.mark.rule("W2")
def test_a_refused_renaming_leaves_the_transaction_as_it_was(shop: Shop) -> None:
    segment(shop, "Bikers")
    made = segment(shop, "Riders")

    with pytest.raises(Refused):
        operations.rename(shop.session, made, "bikers", ANNA)

    segment(shop, "Hikers")
    assert made.name == "Riders"
    assert all_names(shop) == ["Bikers", "Riders", "Hikers"]


@pytest.mark.rule("W2")
def test_of_two_adding_the_same_name_at_once_one_is_told(shop: Shop) -> None:
    def add() -> str:
        try:
            operations.add(shop.session, "Bikers", ANNA)
            shop.session.commit()
        except Refused as refusal:
            shop.session.rollback()
            return f"told: {refusal.status}"
        return "added"

    assert sorted(together(shop.app, add, add, add)) == ["added", "told: 409", "told: 409"]
    assert all_names(shop) == ["Bikers"]


@pytest.mark.rule("W2")
def test_of_two_renaming_to_the_same_name_at_once_one_is_told(shop: Shop) -> None:
    ids = [segment(shop, name).id for name in ("Riders", "Hikers")]
    shop.session.commit()

    def renaming(segment_id: int) -> Callable[[], str]:
        def rename() -> str:
            try:
                operations.rename(shop.session, operations.get(shop.session, segment_id), "Bikers", ANNA)
                shop.session.commit()
            except Refused as refusal:
                shop.session.rollback()
                return f"told: {refusal.status}"
            return "renamed"

        return rename

    assert sorted(together(shop.app, *map(renaming, ids))) == ["renamed", "told: 409"]
    assert all_names(shop).count("Bikers") == 1
