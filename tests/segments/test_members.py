"""Partners and subscribers go into a segment, are listed, searched for and taken out."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import ANNA, Shop
from webshop_segments import storefront
from webshop_segments.administration.models import Audit
from webshop_segments.directory import partners
from webshop_segments.directory.partners import MemberKey
from webshop_segments.errors import Refused
from webshop_segments.segments import members, roll, sweep
from webshop_segments.segments.members import Counts
from webshop_segments.segments.models import Segment, SegmentMember
from webshop_segments.segments.roll import View


def add(shop: Shop, made: Segment, *keys: MemberKey) -> int:
    return members.add(shop.session, shop.plugin.shop, made, keys, ANNA)


def counts(shop: Shop, made: Segment) -> Counts:
    return members.counts(shop.session, shop.plugin.shop, [made.id])[made.id]


def shown(shop: Shop, made: Segment) -> list[str | None]:
    found = roll.page(shop.session, shop.plugin.shop, made, View(), None)
    return [member.name if member else None for _row, member in found.rows]


def found(shop: Shop, words: str) -> list[str]:
    return [member.name for member in partners.search(shop.session, shop.plugin.shop, words)]


@pytest.mark.rule("W6")
def test_partners_and_subscribers_are_added_and_whoever_is_there_already_is_no_error(shop: Shop) -> None:
    made, company, guest = segment(shop), partner(shop.company()), subscribed(subscriber(shop))

    assert add(shop, made, company) == 1
    assert add(shop, made, company, guest, guest) == 1
    assert add(shop, made, company, guest) == 0

    assert counts(shop, made) == Counts(partners=1, subscribers=1)
    noted = shop.session.scalars(select(Audit.detail).where(Audit.action == "segment.members_added")).all()
    assert noted == [{"members": [f"partner:{company.ref}"]}, {"members": [f"subscriber:{guest.ref}"]}]


@pytest.mark.rule("W5")
def test_a_partner_and_a_subscriber_of_the_same_number_are_two_members(shop: Shop) -> None:
    made, company, guest = segment(shop), shop.company(), subscriber(shop)
    assert partner(company).ref == subscribed(guest).ref

    assert add(shop, made, partner(company)) == 1
    assert add(shop, made, subscribed(guest)) == 1


@pytest.mark.parametrize(
    "key",
    [
        MemberKey("partner", "4711"),
        MemberKey("subscriber", "4711"),
        MemberKey("partner", "everybody"),
        MemberKey("subscriber", "007"),
        MemberKey("partner", "9" * 30),
    ],
)
def test_nobody_is_added_when_one_is_not_in_the_shop(shop: Shop, key: MemberKey) -> None:
    made, company = segment(shop), partner(shop.company())

    with pytest.raises(Refused, match="no longer in the shop") as refusal:
        add(shop, made, company, key)

    assert refusal.value.status == 409
    assert counts(shop, made) == Counts()


@pytest.mark.rule("W6")
def test_members_are_removed_from_this_segment_only(shop: Shop) -> None:
    one, other = partner(shop.company("One")), partner(shop.company("Other"))
    made, second = segment(shop, "Bikers", one, other), segment(shop, "Hikers", one)
    ids = {row.ref: row.id for row in shop.session.scalars(select(SegmentMember).where(SegmentMember.segment_id == 1))}
    foreign = shop.session.scalars(select(SegmentMember.id).where(SegmentMember.segment_id == second.id)).one()

    assert members.remove(shop.session, made, [ids[one.ref], foreign], ANNA) == 1
    assert members.remove(shop.session, made, [ids[one.ref]], ANNA) == 0

    assert (shown(shop, made), shown(shop, second)) == (["Other"], ["One"])


@pytest.mark.rule("W3")
def test_whoever_left_the_shop_is_shown_as_gone(shop: Shop) -> None:
    told, silent, staying = (shop.company(name) for name in ("Told", "Silent", "Staying"))
    made = segment(shop, "Bikers", *map(partner, (told, silent, staying)))
    storefront.forget(partner_ref=told.id)
    shop.session.delete(silent)
    shop.session.flush()

    assert shown(shop, made) == [None, None, "Staying"]
    assert counts(shop, made) == Counts(partners=1, gone=2)

    assert sweep.sweep(shop.session, shop.plugin).gone == 1
    assert counts(shop, made) == Counts(partners=1, gone=2)


def test_a_key_given_to_somebody_else_does_not_bring_the_old_member_back(shop: Shop) -> None:
    company = shop.company("Old", created_at=datetime(2020, 1, 1))  # noqa: DTZ001
    made = segment(shop, "Bikers", partner(company))
    company.name, company.created_at = "New", datetime(2026, 1, 1)  # noqa: DTZ001
    shop.session.flush()

    assert shown(shop, made) == [None]
    assert sweep.sweep(shop.session, shop.plugin).gone == 1
    assert counts(shop, made) == Counts(gone=1)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("100%", ["100% Bikes"]),
        ("%", ["100% Bikes"]),
        ("a_b", ["a_b Ltd"]),
        ("\\", ["back\\slash"]),
        ("bikes 100", ["100% Bikes"]),
        ("LTD", ["a_b Ltd", "acb Ltd"]),
        ("özil", ["Özil & Söhne"]),
        ("SÖHNE", ["Özil & Söhne"]),
        ("ada young", ["a_b Ltd"]),
        ("guest@", ["Gaby Guest"]),
        ("nobody", []),
    ],
)
def test_searching_finds_what_was_typed_and_nothing_else(shop: Shop, words: str, names: list[str]) -> None:
    for name in ("100% Bikes", "acb Ltd", "back\\slash", "Özil & Söhne"):
        shop.company(name)
    shop.customer("ada@example.com", company=shop.company("a_b Ltd"))
    subscriber(shop, first_name="Gaby", last_name="Guest")

    assert found(shop, words) == names
