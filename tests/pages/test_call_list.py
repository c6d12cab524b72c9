"""A segment's call list: whom the shop may call, the proof beside it, and everybody else with the reason (W26)."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.consent.deeds import Someone, someone
from tests.pages.callees import LISTS, address, callable_one, exported, segment_of, someone_key
from tests.pages.test_consents import words
from tests.shops import ANNA, Shop, Statements
from webshop_segments.consent import suppression
from webshop_segments.errors import Refused
from webshop_segments.segments import audience, call_list, operations
from webshop_segments.segments.audience import Choice
from webshop_segments.segments.models import Segment

EVERY_REASON = {
    "never_asked": 1,
    "pending": 1,
    "withdrawn": 1,
    "suppressed": 1,
    "inactive": 1,
    "duplicate": 1,
    "address_changed": 1,
    "not_in_shop": 1,
}


@pytest.mark.rule("W26")
def test_the_list_shows_name_company_number_and_the_proof(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email", "phone")
    bikes = shop.company("Bikes Ltd")
    segment = segment_of(shop, callable_one(shop, 1, company=bikes, first_name="Augusta", last_name="King"))

    shown = words(client.get(address(segment)).text)

    assert "Augusta King Bikes Ltd +493012345601 Version 1" in shown
    assert "profile" in shown
    assert "Call list: Regulars" in shown


@pytest.fixture
def crowd(shop: Shop) -> Segment:
    """One who may be called, and one for each reason why not."""
    shop.publish("email", "phone")
    fine = callable_one(shop, 1)
    silent = someone(shop, "silent@example.com")
    asked = Someone(shop, someone(shop, "asked@example.com").key, "asked@example.com", "+493012345611")
    asked.request("phone")
    withdrawn, blocked, away, moved, gone = (callable_one(shop, number) for number in range(2, 7))
    withdrawn.withdraw("phone")
    twin = Someone(shop, someone_key(shop.customer("twin@example.com", phone=fine.phone)), "twin", fine.phone)
    twin.give("phone")
    segment = segment_of(shop, fine, silent, asked, withdrawn, blocked, away, moved, gone, twin)
    suppress(shop, blocked)
    rows = {one.key.ref: shop.session.get(shop.Customer, int(one.key.ref)) for one in (away, moved, gone)}
    rows[away.key.ref].is_active = False
    rows[moved.key.ref].phone = "+493099999999"
    company = shop.session.get(shop.Company, rows[gone.key.ref].company_id)
    for row in (rows[gone.key.ref], company):
        shop.session.delete(row)
        shop.session.flush()
    shop.session.commit()
    return segment


def suppress(shop: Shop, one: Someone) -> None:
    """The number objects through somebody else who had it."""
    suppression.suppress(shop.session, "phone", one.address("phone").key, suppression.OBJECTED)


@pytest.mark.rule("W26")
def test_everybody_else_is_left_out_and_counted_with_the_reason(
    shop: Shop, client: FlaskClient, crowd: Segment
) -> None:
    found = call_list.page(shop.session, shop.plugin.shop, crowd)

    assert (found.total, len(found.entries)) == (1, 1)
    assert found.left_out == EVERY_REASON
    shown = words(client.get(address(crowd)).text)
    assert "never agreed 1" in shown
    assert "withdrawn 1" in shown
    assert "address is blocked 1" in shown
    assert [row[2] for row in exported(client, crowd)] == ["Phone", "+493012345601"]


@pytest.mark.rule("W26")
def test_the_lists_name_every_segment_with_the_number_of_people_who_may_be_called(
    shop: Shop, client: FlaskClient
) -> None:
    shop.publish("email")
    shop.session.commit()
    assert "No segments yet" in client.get(LISTS).text
    shop.publish("email", "phone")
    segment = segment_of(shop, callable_one(shop, 1), callable_one(shop, 2), someone(shop))

    shown = client.get(LISTS).text

    assert "Regulars 2" in words(shown)
    assert address(segment) in shown
    assert address(segment) not in client.get(f"{LISTS}?q=nothing").text
    assert LISTS in client.get("/marketing/consents").text


def test_an_empty_list_says_what_to_do_next(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email")
    segment = segment_of(shop, someone(shop))
    assert "The consent does not ask for phone calls." in client.get(address(segment)).text

    shop.publish("email", "phone")
    shop.session.commit()

    shown = client.get(address(segment)).text
    assert "Nobody in this segment has agreed to phone calls." in shown
    assert "Export the call list" not in shown
    assert exported(client, segment)[1:] == []


@pytest.mark.parametrize("after", ["", "x", "contact:", "contact:%00", "subscriber:999999", ":::", "9" * 500])
def test_a_made_up_place_in_the_list_is_no_error(shop: Shop, client: FlaskClient, after: str) -> None:
    shop.publish("phone")
    segment = segment_of(shop, callable_one(shop, 1))

    assert client.get(f"{address(segment)}?after={after}").status_code in (200, 404)


@pytest.mark.parametrize("number", ["4711", "9" * 30])
def test_a_segment_that_was_deleted_is_a_sentence(client: FlaskClient, number: str) -> None:
    assert client.get(f"{LISTS}/{number}").status_code == 404
    assert client.post(f"{LISTS}/{number}/export").status_code in (404, 422)


def test_the_page_asks_the_database_no_more_often_for_more_people(shop: Shop, client: FlaskClient) -> None:
    def statements(segment: Segment) -> int:
        with Statements(shop.plugin.engine) as asked:
            assert client.get(address(segment)).status_code == 200
        return len(asked.texts)

    shop.publish("phone")
    people = [callable_one(shop, number) for number in range(9)]
    few = segment_of(shop, people[0])
    operations.rename(shop.session, few, "Few", ANNA)
    many = segment_of(shop, *people)

    assert statements(many) == statements(few)


@pytest.mark.rule("W26")
def test_phone_consents_never_receive_newsletters(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email", "sms", "phone")
    segment = segment_of(shop, callable_one(shop, 1))

    for channel in ("email", "sms"):
        choice = Choice(channel, everybody=False, segment_ids=(segment.id,))
        assert audience.counts(shop.session, shop.plugin.shop, choice) == {"never_asked": 1}
    for method in ("GET", "POST"):
        assert client.open("/marketing/newsletters/add/phone", method=method).status_code == 404
    newsletter = shop.newsletter("sms", body="Hello")
    shop.session.commit()
    for segment_ids in ([segment.id], []):
        with pytest.raises(Refused, match="Nobody would get this newsletter"):
            shop.send(newsletter, *segment_ids)
        shop.session.rollback()


@pytest.mark.rule("W25")
@pytest.mark.rule("W26")
def test_who_must_renew_is_not_called(shop: Shop) -> None:
    shop.publish("phone")
    segment = segment_of(shop, callable_one(shop, 1))
    shop.publish("phone", change="material")

    found = call_list.page(shop.session, shop.plugin.shop, segment)

    assert (found.entries, found.left_out) == ([], {"needs_renewal": 1})
