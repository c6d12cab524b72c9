"""Erasing a person leaves bare proof: the records without anything that tells whose they were."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select

from tests.consent.deeds import someone
from tests.shops import ANNA, Shop
from webshop_segments.consent import erasure, state
from webshop_segments.consent.models import ConsentEvidence, ConsentRecord, ConsentState, ConsentSubject
from webshop_segments.db import Base


@pytest.mark.rule("C47")
def test_no_table_of_the_ledger_knows_the_person_any_more(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada = someone(shop, "ada.lovelace@example.com")
    ada.give("email")
    ada.request("sms")

    assert erasure.erase(shop.session, ada.key, "system", ANNA) == 2

    shop.session.expire_all()
    for table in (ConsentRecord, ConsentEvidence, ConsentSubject, ConsentState):
        assert not {"ada.lovelace", "4915123456789", "203.0.113.7", "Firefox"} & words(shop, table)
    assert not state.of_person(shop.session, ada.key)


def words(shop: Shop, table: type[Base]) -> set[str]:
    """What stands in a table, cut at the places where the marks above would stand alone."""
    names = [column.key for column in inspect(table).columns]
    values = [str(getattr(row, name)) for row in shop.session.scalars(select(table)) for name in names]
    return {part for value in values for part in value.replace("@", " ").replace("+", " ").split()}


def test_the_records_stay_as_proof_that_somebody_agreed(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()

    erasure.erase(shop.session, ada.key, "system", ANNA)

    actions = shop.session.scalars(select(ConsentRecord.action).order_by(ConsentRecord.seq))
    assert list(actions) == ["granted", "erased"]


def test_erasing_somebody_unknown_or_twice_changes_nothing(shop: Shop) -> None:
    shop.publish()
    ada, bob = someone(shop), someone(shop, "bob@example.com")
    ada.give()

    assert erasure.erase(shop.session, bob.key, "system", ANNA) == 0
    assert erasure.erase(shop.session, ada.key, "system", ANNA) == 1
    assert erasure.erase(shop.session, ada.key, "system", ANNA) == 0


def test_somebody_erased_may_agree_again_and_is_a_new_subject(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    first = ada.give()
    assert first is not None
    old = first.subject_id
    erasure.erase(shop.session, ada.key, "system", ANNA)

    second = ada.give()

    assert second is not None
    assert (second.subject_id != old, second.seq) == (True, 1)
    assert ada.history() == ["granted"]


def test_the_link_of_an_erased_request_helps_no_more(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.request()
    erasure.erase(shop.session, ada.key, "system", ANNA)

    assert not ada.confirm()

    assert ada.status() == "none"
