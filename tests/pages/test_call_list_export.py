"""The call list as a file: each export is noted as a use of the consents on it (W26)."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.pages.callees import LISTS, address, callable_one, exported, segment_of, uses
from tests.pages.test_consents import words
from tests.shops import ANNA, Shop
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.segments import call_list


@pytest.mark.rule("W26")
def test_each_export_is_kept_as_a_use_of_these_consents(shop: Shop, client: FlaskClient) -> None:
    shop.publish("phone")
    people = [callable_one(shop, number) for number in range(3)]
    segment = segment_of(shop, *people)
    client.get(address(segment))
    assert uses(shop) == []

    rows = exported(client, segment)
    people[0].withdraw("phone")
    shop.session.commit()
    exported(client, segment)

    records = shop.session.scalars(select(ConsentRecord.id).where(ConsentRecord.action == "granted")).all()
    first, second = uses(shop)
    assert (first.actor_name, first.object_kind, first.object_ref) == ("Anna", "segment", str(segment.id))
    assert (first.object_name, first.detail["count"]) == ("Regulars", 3)
    assert sorted(first.detail["records"]) == sorted(records)
    assert sorted(int(row[-1]) for row in rows[1:]) == sorted(records)
    assert second.detail["count"] == 2
    assert len(second.detail["records"]) == 2
    shown = words(client.get(address(segment)).text)
    assert "Anna: 2 people" in shown
    assert "Anna: 3 people" in shown
    history = words(client.get("/marketing/history").text)
    assert "Call list exported" in history


@pytest.mark.rule("W26")
def test_looking_at_the_export_exports_nothing(shop: Shop, client: FlaskClient) -> None:
    shop.publish("phone")
    segment = segment_of(shop, callable_one(shop, 1))

    assert client.get(f"{address(segment)}/export").status_code == 405
    assert uses(shop) == []


@pytest.mark.rule("W26")
@pytest.mark.rule("W53")
def test_names_and_numbers_are_masked_for_whoever_may_not_see_them(shop: Shop, client: FlaskClient) -> None:
    shop.publish("phone")
    segment = segment_of(shop, callable_one(shop, 1, first_name="Augusta", last_name="King"))
    shop.staff.flags -= {"personal_data.view"}

    page, rows = client.get(address(segment)).text, exported(client, segment)

    for told in (page, str(rows)):
        assert "Augusta" not in told
        assert "+493012345601" not in told
        assert "Company of" not in told
    assert rows[1][0] == "A… K…"
    assert rows[1][2].endswith("+493…01")


@pytest.mark.rule("W26")
@pytest.mark.parametrize("flags", [{"segments.view", "segments.manage"}, {"consents.view"}, set()])
def test_who_may_not_see_people_sees_no_call_list(shop: Shop, client: FlaskClient, flags: set[str]) -> None:
    shop.publish("phone")
    segment = segment_of(shop, callable_one(shop, 1))
    shop.staff.flags = flags

    for url in (LISTS, address(segment)):
        assert client.get(url).status_code == 403
    assert client.post(f"{address(segment)}/export").status_code == 403
    assert uses(shop) == []


def test_a_long_list_is_read_page_by_page_and_exported_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_list, "_SLICE", 2)
    shop.publish("phone")
    segment = segment_of(shop, *(callable_one(shop, number) for number in range(5)))
    session, host = shop.session, shop.plugin.shop

    seen, after = [], None
    while True:
        found = call_list.page(session, host, segment, after, size=2)
        seen += [entry.callee.number for entry in found.entries]
        after = found.next
        if after is None:
            break

    assert sorted(seen) == [f"+49301234560{number}" for number in range(5)]
    taken = call_list.take(session, host, segment, ANNA)
    assert [entry.callee.number for entry in call_list.entries(session, host, taken)] == seen


def test_a_name_that_looks_like_a_formula_is_harmless_in_the_file(shop: Shop, client: FlaskClient) -> None:
    shop.publish("phone")
    segment = segment_of(shop, callable_one(shop, 1, first_name="=1+1", last_name=""))

    assert exported(client, segment)[1][0] == "'=1+1"
