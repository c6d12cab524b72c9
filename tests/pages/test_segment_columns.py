"""Each administrator sees the columns of her choice in a segment's details, and its default when she likes."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import ANNA, Shop, Statements
from webshop_segments.administration import views
from webshop_segments.administration.models import ViewChoice
from webshop_segments.blueprints import segment_columns
from webshop_segments.directory.partners import MemberKey
from webshop_segments.segments import members
from webshop_segments.segments.roll import FEW

EVERY = ["kind", "type", "contact", "email", "phone", "street", "postal_code", "city", "country", "tax_number",
         "created_at", "status", "consents", "added_at", "added_by"]  # fmt: skip


@pytest.fixture
def details(shop: Shop) -> str:
    """The address of a segment with a company, its two contacts, and a subscriber."""
    shop.publish("email", "sms")
    company = shop.company("Bikes Ltd", city="Berlin", created_at=datetime(2024, 2, 3))  # noqa: DTZ001
    shop.agreed("ada@example.com", company=company, phone="+4915123456789")
    shop.customer("bob@example.com", company=company, first_name="Bob", last_name="Old")
    guest = subscriber(shop, "guest@example.com", first_name="Gaby", last_name="Guest")
    made = segment(shop, "Bikers", partner(company), subscribed(guest))
    shop.session.commit()
    return f"/marketing/segments/{made.id}"


def heads(page: str) -> list[str]:
    """The titles of the columns, without the ticks."""
    table = page[page.index("<thead>") : page.index("</thead>")]
    texts = [re.sub(r"<[^>]+>|[↑↓]", "", cell).strip() for cell in re.findall(r"<th scope.*?</th>", table, re.DOTALL)]
    return [text for text in texts if text != "Tick"]


def choice(shop: Shop) -> list[list[str]]:
    shop.session.rollback()
    return list(shop.session.scalars(select(ViewChoice.columns)))


@pytest.mark.rule("W5")
def test_the_default_says_who_it_is_and_whether_she_agreed(shop: Shop, client: FlaskClient, details: str) -> None:
    page = client.get(details).text

    assert heads(page) == [
        "Name or company",
        "Kind",
        "Contact person",
        "E-mail",
        "Consents",
        "Added on",
    ]
    for word in ("Bikes Ltd", "Ada Young", "Bob Old", "ada@example.com", "agreed",
                 "Gaby Guest", "Subscriber", "Business partner", "never asked"):  # fmt: skip
        assert word in page, word


@pytest.mark.rule("W5")
def test_every_column_can_be_shown(shop: Shop, client: FlaskClient, details: str) -> None:
    with shop.app.test_request_context():
        assert list(segment_columns.labels()) == EVERY

    shown = client.post(f"{details}/columns", data={"column": EVERY}, follow_redirects=True).text

    assert "The list shows the columns you chose." in shown
    assert len(heads(shown)) == 1 + len(EVERY)
    for word in ("Feb 3, 2024", "active", "Anna", "guest order", "+4915123456789", "Berlin"):
        assert word in shown, word


@pytest.mark.rule("W5")
def test_the_choice_is_kept_per_administrator_and_the_default_comes_back(
    shop: Shop, client: FlaskClient, details: str
) -> None:
    client.post(f"{details}/columns", data={"column": ["city", "kind"]})
    assert heads(client.get(details).text) == ["Name or company", "Kind", "City"]
    client.post(f"{details}/columns", data={"column": ["email"]})
    assert heads(client.get(details).text) == ["Name or company", "E-mail"]
    assert choice(shop) == [["email"]]
    berta = type(ANNA)("administrator", "2", "Berta")
    assert views.columns(shop.session, berta, segment_columns.VIEW, EVERY, ["kind"]) == ["kind"]

    restored = client.post(f"{details}/columns", data={"column": ["email"], "default": "1"}, follow_redirects=True)

    assert "The list shows its default columns again." in restored.text
    assert len(heads(restored.text)) == 6
    assert choice(shop) == []


@pytest.mark.rule("W5")
def test_choosing_no_column_leaves_the_name(shop: Shop, client: FlaskClient, details: str) -> None:
    client.post(f"{details}/columns")

    assert heads(client.get(details).text) == ["Name or company"]


@pytest.mark.parametrize("column", ["password_hash", "", "x" * 3000, "ci\u202ety", "🚲"])
def test_a_column_that_is_none_is_refused(shop: Shop, client: FlaskClient, details: str, column: str) -> None:
    answer = client.post(f"{details}/columns", data={"column": ["city", column]})

    assert answer.status_code == 422
    assert "There is no column" in answer.text
    assert choice(shop) == []


@pytest.mark.rule("W5")
def test_a_column_that_an_update_took_away_is_no_longer_shown(shop: Shop, client: FlaskClient, details: str) -> None:
    shop.session.add(ViewChoice(actor=ANNA.label, view=segment_columns.VIEW, columns=["fax", "city"]))
    shop.session.commit()

    assert heads(client.get(details).text) == ["Name or company", "City"]


@pytest.mark.rule("W5")
def test_a_click_on_a_column_sorts_by_it_and_another_turns_it_round(
    shop: Shop, client: FlaskClient, details: str
) -> None:
    page = client.get(details).text
    assert f'href="{details}?sort=name"' in page
    assert f'href="{details}?sort=-added_at"' in page

    by_name = client.get(f"{details}?sort=-name").text

    assert by_name.index("Gaby Guest") < by_name.index("Bikes Ltd</th>")
    assert 'aria-sort="descending"' in by_name


@pytest.mark.rule("W5")
def test_a_long_list_offers_only_what_an_index_carries_and_says_so(
    shop: Shop, client: FlaskClient, details: str
) -> None:
    made = segment(shop, "Everybody")
    crowd = {MemberKey("subscriber", str(number)): None for number in range(100, FEW + 101)}
    members.insert(shop.session, made, crowd, ANNA)
    shop.session.commit()
    address = f"/marketing/segments/{made.id}"

    page = client.get(f"{address}?sort=name").text

    assert "more than 5,000 members can be sorted by kind and by the day they were added" in page
    assert re.findall(rf'href="{address}\?sort=(-?\w+)"', page) == ["kind", "-added_at"]
    assert page.count("aria-sort=") == 1
    assert "The members are being counted…" in page
    assert "5,001 no longer in the shop" in client.get(f"{address}?counted=1").text


@pytest.mark.parametrize(
    "query",
    ["sort=password", "sort=--name", "sort=%00", "kind=employee", "kind=%F0%9F%9A%B2", "q=%E2%80%AEbikes", "q=%00",
     "q=%F0%9F%9A%B2", "q=" + "x" * 300, "after=x", "after=4711", "sort=name&after=4711", "sort=kind&after=4711",
     "after=" + "9" * 30, "removed=4711", "removed=x", "removed=" + "9" * 30, "counted=x"],
)  # fmt: skip
def test_nothing_typed_into_the_address_bar_breaks_the_details(client: FlaskClient, details: str, query: str) -> None:
    assert client.get(f"{details}?{query}").status_code in (200, 404, 422)


@pytest.mark.rule("W5")
def test_a_page_of_sorted_members_asks_the_database_no_more_often_for_more_of_them(
    shop: Shop, client: FlaskClient, details: str
) -> None:
    def statements() -> list[int]:
        counted = []
        for query in ("?sort=name", "?sort=kind", "?kind=partner&q=example"):
            with Statements(shop.plugin.engine) as asked:
                assert client.get(details + query).status_code == 200
            counted.append(len(asked.texts))
        return counted

    client.get(details)
    few = statements()
    keys = [":".join(partner(shop.agreed(f"p{number}@example.com"))) for number in range(40)]
    shop.session.commit()
    client.post(f"{details}/members", data={"member": keys})
    client.get(details)

    assert statements() == few


@pytest.mark.rule("W53")
def test_no_chosen_column_tells_who_it_is_without_the_flag(shop: Shop, client: FlaskClient, details: str) -> None:
    client.post(f"{details}/columns", data={"column": EVERY})
    shop.staff.flags.discard("personal_data.view")

    page = client.get(details).text

    for word in ("Bikes Ltd", "Young", "Old", "Gaby", "ada@", "15123456789", "guest@"):
        assert word not in page, word
