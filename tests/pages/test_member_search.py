"""Adding and removing many members at once in the browser: the number is said first, and removing can be undone."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.segments.lists import partner, segment, subscriber
from tests.shops import Shop, Statements
from webshop_segments.segments.models import SegmentMember


@pytest.fixture
def details(shop: Shop) -> str:
    """The address of an empty segment's details; 60 companies and a subscriber hold the word "bike"."""
    for number in range(60):
        shop.company(f"Bike {number:02}")
    subscriber(shop, "ann@bike.example")
    made = segment(shop, "Bikers")
    shop.session.commit()
    return f"/marketing/segments/{made.id}"


def inside(shop: Shop) -> int:
    shop.session.rollback()
    return shop.session.scalar(select(func.count()).select_from(SegmentMember)) or 0


def expected(page: str) -> str:
    found = re.search(r'name="expected" value="(\d+)"', page)
    assert found
    return found[1]


@pytest.mark.rule("W6")
def test_everybody_found_is_added_after_the_number_was_said(shop: Shop, client: FlaskClient, details: str) -> None:
    shown = client.get(f"{details}/search?q=bike").text
    assert "These are the first 50." in shown
    assert f"{details}/members/found?q=bike" in shown

    asked = client.get(f"{details}/members/found?q=bike").text
    assert "The search for “bike” finds 61 customers who are not in “Bikers” yet." in asked
    assert "Add 61 customers" in asked
    assert inside(shop) == 0
    added = client.post(f"{details}/members/found", data={"q": "bike", "expected": expected(asked)})

    assert added.status_code == 303
    assert "61 members were added." in client.get(details).text
    assert inside(shop) == 61
    assert "is in “Bikers” already" in client.get(f"{details}/members/found?q=bike").text


@pytest.mark.rule("W6")
@pytest.mark.parametrize("number", ["60", "", "x", "9" * 30])
def test_an_old_number_is_refused_and_the_new_one_said(
    shop: Shop, client: FlaskClient, details: str, number: str
) -> None:
    answer = client.post(f"{details}/members/found", data={"q": "bike", "expected": number})

    assert answer.status_code == 409
    assert "Meanwhile they are 61 customers." in answer.text
    assert expected(answer.text) == "61"
    assert inside(shop) == 0


@pytest.mark.parametrize(
    ("words", "status"), [("", 422), ("  ", 422), ("\u202e", 200), ("word " * 100, 422), ("🚲", 200)]
)
def test_a_search_for_nothing_adds_nobody(
    shop: Shop, client: FlaskClient, details: str, words: str, status: int
) -> None:
    assert client.get(f"{details}/members/found", query_string={"q": words}).status_code == status
    client.post(f"{details}/members/found", data={"q": words, "expected": "0"})

    assert inside(shop) == 0


@pytest.mark.rule("W6")
def test_everybody_found_is_removed_after_the_number_was_said_and_put_back(
    shop: Shop, client: FlaskClient, details: str
) -> None:
    client.post(f"{details}/members/found", data={"q": "bike", "expected": "61"})
    asked = client.get(f"{details}/members/remove?all=1&kind=partner&q=bike+1").text
    assert "Remove 15 members" in asked

    data = {"all": "1", "kind": "partner", "q": "bike 1", "expected": expected(asked)}
    removed = client.post(f"{details}/members/remove", data=data)

    assert inside(shop) == 46
    shown = client.get(removed.location).text
    assert "15 members were removed." in shown
    undo = re.search(r'action="([^"]+/put-back/\d+)"', shown)
    assert undo
    assert "Undo: put 15 members back" in shown
    assert "15 members are back." in client.post(undo[1], follow_redirects=True).text
    assert inside(shop) == 61
    stale = client.post(f"{details}/members/remove", data={"all": "1", "expected": "46"})
    assert (stale.status_code, inside(shop)) == (409, 61)


@pytest.mark.parametrize("event", ["1", "4711", "9" * 30])
def test_what_is_no_removal_cannot_be_undone(shop: Shop, client: FlaskClient, details: str, event: str) -> None:
    answer = client.post(f"{details}/members/put-back/{event}")

    assert answer.status_code in (404, 422)
    assert "nothing to be undone" in answer.text or "nothing with this number" in answer.text


@pytest.mark.rule("W6")
def test_whoever_may_only_look_is_offered_no_button(shop: Shop, client: FlaskClient, details: str) -> None:
    client.post(f"{details}/members", data={"member": ":".join(partner(shop.company()))})
    shop.staff.flags.discard("segments.manage")

    page = client.get(details).text

    for word in ("Remove", "Add members", "Rename", "Delete", 'name="id"'):
        assert word not in page, word


@pytest.mark.rule("W6")
def test_whom_a_pasted_list_means_is_shown_ticked_and_nobody_is_added_yet(
    shop: Shop, client: FlaskClient, details: str
) -> None:
    company = shop.company("Two at once")
    for name in ("ada", "bob"):
        shop.customer(f"{name}@Example.com", company=company)
    key = ":".join(partner(company))
    shop.session.commit()
    lines = f"ADA@example.com\r\nbob@example.com; nobody@example.com\r\n\r\n{company.id}\r\nann@bike.example, 007"

    shown = client.post(f"{details}/members/listed", data={"lines": lines}).text

    assert shown.count(f'value="{key}" checked') == 1
    assert 'value="subscriber:1" checked' in shown
    assert "2 lines of the list mean nobody in this shop:" in shown
    assert "nobody@example.com, 007" in shown
    assert inside(shop) == 0
    assert client.post(f"{details}/members", data={"member": [key, "subscriber:1"]}).status_code == 303
    assert "already in the segment" in client.post(f"{details}/members/listed", data={"lines": lines}).text


@pytest.mark.rule("W6")
@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("", "The list is empty."),
        (" ;\r\n,\u202e", "The list is empty."),
        ("\n".join(map(str, range(100_000, 101_001))), "1,000 lines at most"),
        ("x" * 400_000, "1,000 lines at most"),
        ("a\0b\n🚲\n<script>alert(1)</script>\n" + "9" * 40, "mean nobody in this shop"),
        ("partner:1", "means nobody in this shop"),
    ],
)
def test_a_list_that_means_nobody_is_a_sentence(
    shop: Shop, client: FlaskClient, details: str, lines: str, sentence: str
) -> None:
    answer = client.post(f"{details}/members/listed", data={"lines": lines})

    assert answer.status_code in (200, 422)
    assert sentence in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.rule("W6")
def test_a_longer_list_asks_the_database_no_more_often(shop: Shop, client: FlaskClient, details: str) -> None:
    def statements(count: int) -> int:
        lines = "\n".join(f"p{number}@example.com" for number in range(count))
        with Statements(shop.plugin.engine) as asked:
            assert client.post(f"{details}/members/listed", data={"lines": lines}).status_code == 200
        return len(asked.texts)

    for number in range(30):
        shop.customer(f"p{number}@example.com")
    shop.session.commit()
    statements(1)

    assert statements(30) == statements(2)
