"""The list of segments: in order, page by page, searched by any part of the name."""

from __future__ import annotations

import pytest

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import ANNA, Shop
from webshop_segments.segments import listing, members, operations
from webshop_segments.segments.members import Counts


def names(shop: Shop, words: str = "") -> list[str]:
    return [found.name for found in listing.page(shop.session, words).segments]


@pytest.mark.rule("W1")
def test_pages_show_every_segment_once_and_in_order(shop: Shop) -> None:
    for number in range(25):
        segment(shop, f"Segment {number * 7 % 25:02}")
    seen, after = [], None
    while True:
        page = listing.page(shop.session, "", after, size=10)
        seen += [found.name for found in page.segments]
        after = page.next
        assert page.total == 25
        if after is None:
            break

    assert seen == [f"Segment {number:02}" for number in range(25)]


def test_a_page_goes_on_after_a_renamed_segment_and_starts_again_after_a_deleted_one(shop: Shop) -> None:
    made = [segment(shop, name) for name in ("A", "B", "C", "D")]
    second = listing.page(shop.session, "", None, size=2).next
    operations.rename(shop.session, made[1], "B2", ANNA)
    assert [found.name for found in listing.page(shop.session, "", second, 2).segments] == ["C", "D"]

    operations.remove(shop.session, shop.plugin.shop, made[1], [], ANNA)

    assert [found.name for found in listing.page(shop.session, "", second, 2).segments] == ["A", "C"]


@pytest.mark.rule("W1")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("100%", ["100% cotton"]),
        ("%", ["100% cotton"]),
        ("_", ["snake_case"]),
        ("\\", ["back\\slash"]),
        ("STRASSE", ["Große Straße"]),
        ("ｇroße", ["Große Straße"]),
        ("straße große", ["Große Straße"]),
        ("öl", ["ÖL"]),
        ("", ["100% cotton", "back\\slash", "Große Straße", "ÖL", "snake_case"]),
        ("none of them", []),
    ],
)
def test_searching_takes_every_word_as_it_is(shop: Shop, words: str, found: list[str]) -> None:
    for name in ("snake_case", "100% cotton", "Große Straße", "back\\slash", "ÖL"):
        segment(shop, name)

    assert names(shop, words) == found


@pytest.mark.rule("W1")
def test_each_segment_is_counted_by_kind_of_member(shop: Shop) -> None:
    one, other = shop.company("One"), shop.company("Other")
    guest = subscriber(shop)
    full = segment(shop, "Full", partner(one), partner(other), subscribed(guest))
    half = segment(shop, "Half", partner(one))
    empty = segment(shop, "Empty")

    counts = members.counts(shop.session, shop.plugin.shop, [full.id, half.id, empty.id])

    assert counts == {full.id: Counts(2, 1), half.id: Counts(1), empty.id: Counts()}
    of_one = members.of_member(shop.session, partner(one))
    assert [found.name for found in of_one] == ["Full", "Half"]
