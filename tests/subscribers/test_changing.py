"""A subscriber of ours is corrected and deleted; the proofs and the blocks outlive the person (C47, C49)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.segments.lists import segment, subscribed
from tests.shops import ANNA, Shop
from tests.subscribers.files import PROOF, person, proven, upload
from tests.subscribers.test_list import guest
from webshop_segments.administration.models import Audit
from webshop_segments.consent import verification
from webshop_segments.consent.models import ConsentEvidence, ConsentRecord
from webshop_segments.directory.models import Subscriber
from webshop_segments.errors import Refused
from webshop_segments.newsletter import forgetting
from webshop_segments.segments import members
from webshop_segments.subscribers import card, editing


def delete(shop: Shop, email: str) -> None:
    key = person(shop, email)
    editing.remove(shop.session, editing.get(shop.session, key.ref), ANNA)
    forgetting.forget_person(shop.session, key, "administrator", ANNA)
    shop.session.commit()


@pytest.mark.rule("W30")
def test_name_and_language_are_corrected_and_it_is_noted(shop: Shop) -> None:
    row = editing.get(shop.session, guest(shop, "bo@example.com").key.ref)

    editing.change(shop.session, row, "  Bo  ", "Ny\u0301", "de-at", ANNA)
    editing.change(shop.session, row, "Bo", "Ný", "de_AT", ANNA)

    assert (row.first_name, row.last_name, row.locale) == ("Bo", "Ný", "de_AT")
    (noted,) = shop.session.scalars(select(Audit).where(Audit.action == "subscriber.changed")).all()
    assert (noted.object_kind, noted.actor_name) == ("person", "Anna")


@pytest.mark.parametrize(
    ("first_name", "locale", "field"),
    [
        ("B" * 121, "", "first_name"),
        ("B\x07o", "", "first_name"),
        ("B\u202eo", "", "first_name"),
        ("Bo", "xx-?", "locale"),
    ],
)
def test_bad_names_and_languages_are_refused(shop: Shop, first_name: str, locale: str, field: str) -> None:
    row = editing.get(shop.session, guest(shop, "bo@example.com", first_name="Old").key.ref)

    with pytest.raises(Refused) as refused:
        editing.change(shop.session, row, first_name, "", locale, ANNA)

    assert (refused.value.field, row.first_name) == (field, "Old")


@pytest.mark.parametrize("ref", ["0", "x", "9" * 30, "1\0"])
def test_nobody_is_found_under_a_number_that_is_none(shop: Shop, ref: str) -> None:
    with pytest.raises(Refused) as refused:
        editing.get(shop.session, ref)
    assert refused.value.status == 404


@pytest.mark.rule("C47")
def test_deleting_leaves_bare_proof_and_no_trace_of_who_it_was(shop: Shop) -> None:
    shop.publish()
    upload(shop, PROOF + proven()).accept()
    row = editing.get(shop.session, person(shop, "mia@example.com").ref)
    made = segment(shop, "Bikers", subscribed(row))
    assert [one.name for one in card.segments(shop.session, shop.plugin.shop, person(shop, "mia@example.com"))] == [
        "Bikers"
    ]

    delete(shop, "mia@example.com")

    assert shop.session.scalars(select(Subscriber)).all() == []
    assert members.counts(shop.session, shop.plugin.shop, [made.id])[made.id].total == 0
    assert [record.action for record in shop.session.scalars(select(ConsentRecord))] == ["granted", "erased"]
    assert {evidence.address for evidence in shop.session.scalars(select(ConsentEvidence))} == {None}
    assert list(verification.faults(shop.session)) == []
    noted = shop.session.scalars(select(Audit).where(Audit.action == "subscriber.deleted")).one()
    assert (noted.object_name, noted.detail) == ("", {})


@pytest.mark.rule("C49")
def test_whoever_withdrew_and_was_deleted_is_not_brought_back_by_an_import(shop: Shop) -> None:
    shop.publish()
    bo = guest(shop, "bo@example.com")
    bo.give()
    bo.withdraw()

    delete(shop, "bo@example.com")

    assert upload(shop, PROOF + proven("bo@example.com")).verdicts() == [(2, "refused", "suppressed")]
