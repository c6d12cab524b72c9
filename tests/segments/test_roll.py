"""The members of a segment as a list: every order shows everybody once, and long lists sort only by an index."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import ANNA, Shop
from webshop_segments.directory.partners import MemberKey
from webshop_segments.errors import Refused
from webshop_segments.segments import members, roll
from webshop_segments.segments.models import Segment
from webshop_segments.segments.roll import FEW, View

NAMES = ["Öl AG", "bikes", "Zebra", "Äpfel", "acorn", "Bikes 2", "Éclair"]


def refs(rows: list[roll.Row]) -> list[str]:
    return [f"{row.kind}:{row.ref}" for row, _member in rows]


def paged(shop: Shop, made: Segment, view: View, size: int = 3) -> list[str]:
    """All members as the pages show them, one after the other."""
    seen: list[str] = []
    after = None
    while True:
        page = roll.page(shop.session, shop.plugin.shop, made, view, after, size)
        assert len(page.rows) <= size
        seen += refs(page.rows)
        after = page.next
        if after is None:
            return seen


@pytest.fixture
def mixed(shop: Shop) -> Segment:
    """Companies with and without a contact, subscribers, and somebody who has left the shop; one stays outside."""
    shop.company("Bikes outside")
    companies = [shop.company(name, city=f"City {len(name)}") for name in NAMES]
    for company in companies[::2]:
        shop.customer(f"{company.name.split()[0].lower()}@example.com", company=company)
    guests = [subscriber(shop, f"guest{number}@example.com", first_name="Gaby") for number in range(3)]
    gone = shop.company("Gone")
    made = segment(shop, "Bikers", *map(partner, companies), *map(subscribed, guests), partner(gone))
    shop.session.delete(gone)
    shop.session.flush()
    return made


@pytest.mark.rule("W5")
@pytest.mark.parametrize(
    "sort", ["added_at", "kind", "name", "contact", "email", "city", "status", "added_by", "street"]
)
@pytest.mark.parametrize("descending", [False, True])
def test_pages_show_everybody_once_in_the_order_of_the_whole_list(
    shop: Shop, mixed: Segment, sort: str, descending: bool
) -> None:
    view = View(sort=sort, descending=descending)

    seen = paged(shop, mixed, view)

    whole = [row for rows in roll.everyone(shop.session, shop.plugin.shop, mixed, view, 4) for row in rows]
    assert seen == refs(whole)
    assert len(seen) == len(set(seen)) == 11


@pytest.mark.rule("W5")
def test_names_sort_by_the_root_collation_and_the_gone_come_last(shop: Shop, mixed: Segment) -> None:
    rows = roll.page(shop.session, shop.plugin.shop, mixed, View(sort="name", kind="partner"), None).rows

    shown = [member.name if member else None for _row, member in rows]
    assert shown == ["acorn", "Äpfel", "bikes", "Bikes 2", "Éclair", "Öl AG", "Zebra", None]


@pytest.mark.rule("W5")
def test_members_are_searched_and_narrowed_to_a_kind(shop: Shop, mixed: Segment) -> None:
    def found(**view: str) -> list[str]:
        rows = roll.page(shop.session, shop.plugin.shop, mixed, View(**view), None).rows  # type: ignore[arg-type]
        return [member.name for _row, member in rows if member]

    assert found(words="bikes") == ["bikes", "Bikes 2"]
    assert found(words="bikes@example.com") == []
    assert found(words="zebra young") == ["Zebra"]
    assert found(words="guest1") == ["Gaby"]
    assert found(words="gaby", kind="partner") == []
    assert len(found(kind="subscriber")) == 3
    assert found(words="outside") == []


def test_a_page_after_somebody_who_was_removed_starts_again(shop: Shop, mixed: Segment) -> None:
    for sort in ("kind", "name"):
        view = View(sort=sort)
        page = roll.page(shop.session, shop.plugin.shop, mixed, view, None, 2)
        assert page.next is not None
        members.remove(shop.session, mixed, [page.next], ANNA)

        again = roll.page(shop.session, shop.plugin.shop, mixed, view, page.next, 2)

        assert refs(again.rows)[0] == refs(page.rows)[0]


@pytest.mark.rule("W5")
def test_more_than_five_thousand_sort_by_what_an_index_carries_and_no_statement_reads_them_all(shop: Shop) -> None:
    made, staying = segment(shop), shop.company("Staying")
    crowd = {MemberKey("subscriber", str(number)): None for number in range(1, FEW + 1)}
    members.insert(shop.session, made, crowd, ANNA)
    assert roll.page(shop.session, shop.plugin.shop, made, View(sort="name"), None).few
    members.insert(shop.session, made, {partner(staying): None}, ANNA)

    by_name = roll.page(shop.session, shop.plugin.shop, made, View(sort="name"), None)
    by_kind = roll.page(shop.session, shop.plugin.shop, made, View(sort="kind"), None)
    found = roll.page(shop.session, shop.plugin.shop, made, View(words="staying", sort="name"), None)

    assert not by_name.few
    assert refs(by_name.rows)[0] == "subscriber:1"
    assert refs(by_kind.rows)[0] == f"partner:{partner(staying).ref}"
    assert (found.few, len(found.rows)) == (True, 1)
    assert sum(len(rows) for rows in roll.everyone(shop.session, shop.plugin.shop, made, View(sort="name"))) == FEW + 1


def test_a_key_given_to_somebody_else_is_not_listed_as_the_new_one(shop: Shop) -> None:
    company = shop.company("Old", created_at=datetime(2020, 1, 1))  # noqa: DTZ001
    made = segment(shop, "Bikers", partner(company))
    company.name, company.created_at = "New", datetime(2026, 1, 1)  # noqa: DTZ001
    shop.session.flush()

    rows = [row for chunk in roll.everyone(shop.session, shop.plugin.shop, made, View()) for row in chunk]

    assert [member for _row, member in rows] == [None]


def test_nobody_searches_for_a_whole_novel(shop: Shop, mixed: Segment) -> None:
    with pytest.raises(Refused, match="too many words"):
        roll.page(shop.session, shop.plugin.shop, mixed, View(words="word " * 50), None)
