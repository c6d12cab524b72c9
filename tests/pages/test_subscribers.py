"""Online Marketing → Subscribers in the browser: the list, its filters, its file, masked like every page (W30)."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient

from tests.consent.deeds import Someone, someone
from tests.shops import Shop, Statements
from tests.subscribers.test_list import guest
from webshop_segments.administration.models import Audit
from webshop_segments.subscribers import listing

pytestmark = pytest.mark.rule("W30")

LIST = "/marketing/subscribers"


@pytest.fixture
def people(shop: Shop) -> tuple[Someone, Someone]:
    """An account and a guest, both agreed."""
    shop.publish("email", "sms")
    ada, bo = someone(shop, "ada@example.com", first_name="Augusta"), guest(shop, "bo@example.com", last_name="Bosch")
    ada.give()
    bo.request()
    shop.session.commit()
    return ada, bo


def export(client: FlaskClient, **values: str) -> list[list[str]]:
    answer = client.post(f"{LIST}/export", data=values)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_list_shows_contact_data_state_and_type(client: FlaskClient, people: tuple[Someone, Someone]) -> None:
    shown = client.get(LIST).text

    for words in ("Augusta", "ada@example.com", "user account", "agreed", "Bosch", "guest order", "waiting for conf"):
        assert words in shown
    assert shown.index("Bosch") < shown.index("Augusta")
    assert '<span class="wss-count">2</span>' in shown


def test_the_menu_leads_to_it_and_the_old_address_still_works(
    client: FlaskClient, people: tuple[Someone, Someone]
) -> None:
    shown = client.get("/marketing/people?q=augusta").text

    assert f'href="{LIST}"' in shown
    assert "Augusta" in shown
    assert "Bosch" not in shown
    assert "Bosch" in client.get("/marketing/people").text


def test_filters_narrow_it_and_what_is_no_filter_does_not(client: FlaskClient, people: tuple[Someone, Someone]) -> None:
    assert "Bosch" not in client.get(f"{LIST}?status=granted").text
    assert "Augusta" not in client.get(f"{LIST}?type=guest_order&channel=email").text
    assert "Nobody has such a consent" in client.get(f"{LIST}?channel=whatsapp").text
    for odd in ("?channel=pigeon", "?after=x", "?after=-1", "?after=" + "9" * 40, "?status=%00", "?type=%F0%9F%9A%B2"):
        answer = client.get(LIST + odd)
        assert answer.status_code == 200
        assert "Augusta" in answer.text


@pytest.mark.parametrize("odd", ["%00", "%E2%80%AE", "%F0%9F%9A%B2", "%25", "%5C", "x" * 201, "a " * 90])
def test_an_odd_search_is_answered_with_a_sentence(
    client: FlaskClient, people: tuple[Someone, Someone], odd: str
) -> None:
    for address in (f"{LIST}?q={odd}", f"{LIST}?q={odd}&after=contact:x&status=granted"):
        answer = client.get(address)
        assert answer.status_code in (200, 422)
        assert "wss-main" in answer.text


def test_an_empty_list_says_what_to_do_next(client: FlaskClient) -> None:
    assert "Import subscribers" in client.get(LIST).text
    assert "Nobody matches" in client.get(f"{LIST}?q=nobody").text


def test_the_file_holds_the_view_or_the_whole_list(
    shop: Shop, client: FlaskClient, people: tuple[Someone, Someone]
) -> None:
    header, *rows = export(client, extent="all", status="granted")
    assert header[:6] == ["Type", "Name", "Company", "E-mail", "Phone", "Language"]
    assert [row[3] for row in rows] == ["bo@example.com", "ada@example.com"]

    assert [row[3] for row in export(client, extent="view", status="granted")[1:]] == ["ada@example.com"]
    assert [row[3] for row in export(client, extent="view", q="bosch")[1:]] == ["bo@example.com"]
    assert shop.session.query(Audit).filter_by(action="list.exported").count() == 3


@pytest.mark.rule("W53")
def test_without_the_flag_list_search_and_file_are_masked(
    shop: Shop, client: FlaskClient, people: tuple[Someone, Someone]
) -> None:
    shop.staff.flags.discard("personal_data.view")

    texts = [client.get(address).text for address in (LIST, f"{LIST}?q=augusta", f"{LIST}?status=granted")]
    texts += [str(export(client, extent="all")), str(export(client, extent="view", q="augusta"))]

    for text in texts:
        assert "ada@" not in text
        assert "Augusta" not in text.replace("“augusta”", "")
        assert "@example.com" in text


def test_somebody_who_left_the_shop_stays_in_the_list(
    shop: Shop, client: FlaskClient, people: tuple[Someone, Someone]
) -> None:
    ada = people[0]
    shop.session.delete(shop.session.get(shop.Customer, int(ada.key.ref)))
    shop.session.commit()

    assert "no longer in the shop" in client.get(LIST).text
    assert ["no longer in the shop", "", "", "ada@example.com"] in [row[:4] for row in export(client, extent="all")]


def test_one_person_is_one_row(shop: Shop, client: FlaskClient, people: tuple[Someone, Someone]) -> None:
    before = guest(shop, "ada@example.com", "signup")
    before.give()
    shop.session.commit()

    shown = client.get(LIST).text

    assert "also newsletter sign-up" in shown
    assert shown.count('<tr data-href="') == 2
    assert ["user account, newsletter sign-up"] in [row[:1] for row in export(client, extent="all")]


def test_the_list_asks_the_database_no_more_often_for_more_people(
    shop: Shop, client: FlaskClient, people: tuple[Someone, Someone]
) -> None:
    def statements(address: str) -> int:
        with Statements(shop.plugin.engine) as asked:
            assert client.get(address).status_code == 200
        return len(asked.texts)

    def join(numbers: range) -> None:
        for number in numbers:
            someone(shop, f"p{number}@example.com").give()
            guest(shop, f"p{number}@example.com").give()
            guest(shop, f"g{number}@example.com").give()
        shop.session.commit()

    join(range(1))
    addresses = (LIST, f"{LIST}?q=example", f"{LIST}?type=guest_order", f"{LIST}?status=granted&channel=email")
    few = [statements(address) for address in addresses]
    join(range(1, 12))

    assert [statements(address) for address in addresses] == few


def test_more_people_than_are_counted_at_once_are_counted_on_request(
    shop: Shop, client: FlaskClient, people: tuple[Someone, Someone]
) -> None:
    assert listing.COUNTED == 10_000
    assert '<span class="wss-count">2</span>' in client.get(f"{LIST}?count=all").text
