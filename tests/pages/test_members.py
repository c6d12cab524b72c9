"""A segment's details in the browser: members shown, searched for, added, removed."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import Shop, Statements
from webshop_segments.segments.models import SegmentMember


@pytest.fixture
def details(shop: Shop) -> str:
    """The address of an empty segment's details."""
    made = segment(shop, "Bikers")
    shop.session.commit()
    return f"/marketing/segments/{made.id}"


def inside(shop: Shop) -> list[str]:
    shop.session.rollback()
    return [f"{row.kind}:{row.ref}" for row in shop.session.scalars(select(SegmentMember).order_by(SegmentMember.id))]


@pytest.mark.rule("W6")
def test_a_partner_is_found_added_shown_and_removed(shop: Shop, client: FlaskClient, details: str) -> None:
    ada = shop.customer("ada@example.com")
    key = ":".join(partner(ada))
    guest = ":".join(subscribed(subscriber(shop, "guest@example.com")))
    shop.session.commit()
    assert key in client.get(f"{details}/search?q=ada").text

    added = client.post(f"{details}/members", data={"member": [key, guest]})
    assert added.status_code == 303
    shown = client.get(details).text
    assert "2 members were added." in shown
    assert "Company of ada@example.com" in shown
    assert "guest@example.com" in shown

    member_id = shop.session.scalars(select(SegmentMember.id).where(SegmentMember.kind == "partner")).one()
    assert client.get(f"{details}/members/remove?id={member_id}").status_code == 200
    assert inside(shop) == [key, guest]
    removed = client.post(f"{details}/members/remove", data={"id": member_id}, follow_redirects=True)
    assert "1 member was removed." in removed.text
    assert inside(shop) == [guest]


@pytest.mark.rule("W6")
def test_adding_somebody_twice_is_no_error(shop: Shop, client: FlaskClient, details: str) -> None:
    key = ":".join(partner(shop.company()))
    shop.session.commit()

    for _turn in range(2):
        assert client.post(f"{details}/members", data={"member": key}).status_code == 303

    assert "Nobody new was ticked." in client.get(details).text
    assert inside(shop) == [key]


@pytest.mark.parametrize("value", ["partner:4711", "partner:x", "employee:1", "partner", "", "subscriber:" + "9" * 30])
def test_a_stranger_is_not_added_and_a_sentence_says_so(
    shop: Shop, client: FlaskClient, details: str, value: str
) -> None:
    key = ":".join(partner(shop.company()))
    shop.session.commit()

    answer = client.post(f"{details}/members", data={"member": [key, value]})

    assert answer.status_code == 409
    assert "One of the chosen customers is no longer in the shop. Search again." in answer.text
    assert inside(shop) == []


@pytest.mark.rule("W53")
def test_without_the_flag_no_name_and_no_address_can_be_read(shop: Shop, client: FlaskClient, details: str) -> None:
    shop.publish()
    ada = shop.agreed("ada.lovelace@example.com", first_name="Augusta", last_name="King", phone="+4915123456789")
    key = ":".join(partner(ada))
    shop.session.commit()
    client.post(f"{details}/members", data={"member": key})
    shop.staff.flags.discard("personal_data.view")

    for path in (details, f"{details}/search?q=augusta", "/marketing/people?q=augusta",
                 f"/marketing/people/contact/{ada.id}"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200
        for word in ("ada.lovelace", "King", "15123456789"):
            assert word not in answer.text.replace("q=augusta", ""), path


def test_details_ask_the_database_no_more_often_for_more_members(shop: Shop, client: FlaskClient, details: str) -> None:
    def statements(path: str) -> int:
        with Statements(shop.plugin.engine) as asked:
            assert client.get(path).status_code == 200
        return len(asked.texts)

    def join(numbers: range) -> None:
        people = [shop.agreed(f"p{number}@example.com") for number in numbers]
        guests = [subscriber(shop, f"guest{number}@example.com") for number in numbers]
        shop.session.commit()
        keys = [":".join(partner(one)) for one in people] + [":".join(subscribed(guest)) for guest in guests]
        client.post(f"{details}/members", data={"member": keys})
        client.get(details)

    shop.publish()
    join(range(1))
    paths = (details, f"{details}/search?q=example", "/marketing/people?q=example")
    few = [statements(path) for path in paths]
    join(range(1, 12))

    assert [statements(path) for path in paths] == few
