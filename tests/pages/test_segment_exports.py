"""Segments and their members as files: what the page shows or the whole list, masked like the page."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import Shop

LIST = "/marketing/segments"


def rows(answer: TestResponse) -> list[list[str]]:
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))


@pytest.fixture
def details(shop: Shop) -> str:
    """The address of a segment with a company of two contacts, somebody who has gone, and a subscriber."""
    shop.publish("email", "sms")
    company = shop.company('=HYPERLINK("https://evil.example")', city="Berlin")
    shop.agreed("ada@example.com", company=company, phone="+4915123456789")
    shop.customer("bob@example.com", company=company, first_name="Bob", last_name="Old")
    gone = shop.company("Gone")
    guest = subscriber(shop, "guest@example.com", first_name="Gaby", last_name="Guest")
    made = segment(shop, "Bikers", partner(company), partner(gone), subscribed(guest))
    shop.session.delete(gone)
    shop.session.commit()
    return f"{LIST}/{made.id}"


@pytest.mark.rule("W7")
def test_the_whole_list_has_a_line_for_each_person_with_the_chosen_columns(
    shop: Shop, client: FlaskClient, details: str
) -> None:
    client.post(f"{details}/columns", data={"column": ["kind", "contact", "email", "phone", "city", "consents"]})

    found = rows(client.post(f"{details}/export", data={"extent": "all", "kind": "subscriber"}))

    assert found[0] == ["Name or company", "Kind", "Contact person", "E-mail", "Phone", "City", "Consent: E-mail",
                        "Consent: SMS", "Consent: WhatsApp", "Consent: Phone"]  # fmt: skip
    evil = """'=HYPERLINK("https://evil.example")"""
    assert found[1:] == [
        [evil, "Business partner", "Ada Young", "ada@example.com", "+4915123456789", "Berlin", "agreed", "", "", ""],
        [evil, "Business partner", "Bob Old", "bob@example.com", "", "Berlin", "", "", "", ""],
        ["No longer in the shop", "Business partner", "", "", "", "", "", "", "", ""],
        ["Gaby Guest", "Subscriber", "Gaby Guest", "guest@example.com", "", "", "", "", "", ""],
    ]


@pytest.mark.rule("W7")
def test_the_current_view_is_what_was_searched_in_the_order_shown(
    shop: Shop, client: FlaskClient, details: str
) -> None:
    def names(**view: str) -> list[str]:
        return [row[0] for row in rows(client.post(f"{details}/export", data={"extent": "view", **view}))[1:]]

    assert names(kind="subscriber") == ["Gaby Guest"]
    assert names(q="guest@") == ["Gaby Guest"]
    assert names(sort="-name")[0] == "Gaby Guest"
    assert names(sort="-added_at")[0] == "Gaby Guest"
    assert len(names()) == 4


@pytest.mark.rule("W7")
def test_a_file_of_members_hides_what_the_page_hides(shop: Shop, client: FlaskClient, details: str) -> None:
    shop.staff.flags.discard("personal_data.view")

    text = client.post(f"{details}/export", data={"extent": "all"}).text

    for word in ("Young", "Old", "Gaby", "ada@", "bob@", "guest@", "15123456789", "evil.example"):
        assert word not in text, word


@pytest.mark.rule("W7")
def test_the_segments_the_search_finds_all_of_them_or_the_ticked_are_a_file(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    ada = shop.agreed("ada@example.com")
    made = [segment(shop, f"S{number:03}").id for number in range(120)]
    bikers = segment(shop, "+cmd|Bikers", partner(ada), subscribed(subscriber(shop)))
    shop.send(shop.newsletter(name="Spring"), bikers.id)

    everything = rows(client.post(f"{LIST}/export", data={"extent": "all", "q": "bikers"}))
    found = rows(client.post(f"{LIST}/export", data={"extent": "view", "q": "bikers"}))
    ticked = rows(client.post(f"{LIST}/export", data={"extent": "ticked", "id": [made[5], made[3], "4711", "x"]}))

    assert [row[0] for row in everything[1:]] == ["'+cmd|Bikers", *(f"S{number:03}" for number in range(120))]
    assert found[0][:6] == ["Name", "Business partners", "Subscribers", "No longer in the shop", "Reachable by e-mail",
                            "Reachable by SMS"]  # fmt: skip
    assert [row[:6] for row in found[1:]] == [["'+cmd|Bikers", "1", "1", "0", "1", "0"]]
    assert found[1][7] == "Spring"
    assert [row[0] for row in ticked[1:]] == ["S003", "S005"]


@pytest.mark.parametrize("path", ["/export", "/1/export"])
def test_nobody_fetches_a_file_with_a_plain_address(client: FlaskClient, details: str, path: str) -> None:
    assert client.get(f"{LIST}{path}").status_code in (404, 405)


@pytest.mark.parametrize("form", [{"extent": "x"}, {"extent": "view", "q": "\0"}, {"extent": "view", "sort": "x"}, {}])
def test_no_form_breaks_the_file(client: FlaskClient, details: str, form: dict[str, str]) -> None:
    for path in ("/export", "/1/export"):
        assert client.post(f"{LIST}{path}", data=form).status_code in (200, 422)


@pytest.mark.rule("W7")
def test_a_search_nobody_types_is_a_sentence_and_no_broken_file(client: FlaskClient, details: str) -> None:
    for path in ("/export", "/1/export"):
        answer = client.post(f"{LIST}{path}", data={"extent": "view", "q": "word " * 100})
        assert answer.status_code == 422
        assert "too many words" in answer.text
