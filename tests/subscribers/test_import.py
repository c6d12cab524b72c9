"""An import: judged before anything is written, carried out once, with proof or with a question (W31, C27)."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from tests.consent.deeds import someone
from tests.shops import Shop
from tests.subscribers.files import PROOF, mails, person, proven, upload, written
from webshop_segments.consent import state, suppression, verification
from webshop_segments.directory.models import Subscriber
from webshop_segments.segments import audience
from webshop_segments.segments.audience import Choice
from webshop_segments.subscribers import imports

pytestmark = pytest.mark.rule("W31")


def test_nothing_is_written_before_it_is_accepted(shop: Shop) -> None:
    shop.publish()

    made = upload(shop, PROOF + proven() + "bo@example.com,Bo,,,\n")

    assert made.row.status == "waiting"
    assert made.verdicts() == [(2, "granted", ""), (3, "pending", "")]
    assert written(shop) == [0, 0, 0]


def test_a_row_with_proof_counts_at_once_and_its_evidence_says_where_from(shop: Shop) -> None:
    shop.publish()

    made = upload(shop, PROOF + proven())
    made.accept()

    mia = person(shop, "mia@example.com")
    (record,) = state.history(shop.session, mia)
    assert (record.action, record.source, record.actor) == ("granted", "import", "administrator:1")
    assert record.version is not None
    assert record.version.number == 1
    assert record.evidence is not None
    assert record.evidence.address == "mia@example.com"
    assert record.evidence.form == f"import {made.row.id}, line 2: 2024-05-03T14:30:00+02:00, Trade fair"
    assert audience.counts(shop.session, shop.plugin.shop, Choice("email", everybody=True)) == {None: 1}
    assert mails(shop) == []
    assert list(verification.faults(shop.session)) == []


def test_a_row_without_proof_is_asked_and_counts_when_she_has_confirmed(shop: Shop) -> None:
    shop.publish()

    upload(shop, "email,version,time,source\nbo@example.com,,,\ncy@example.com,1,2024-05-03,\n").accept()

    for email in ("bo@example.com", "cy@example.com"):
        assert [status for _row, status in state.of_person(shop.session, person(shop, email)).values()] == ["pending"]
    assert mails(shop) == ["bo@example.com", "cy@example.com"]
    assert audience.counts(shop.session, shop.plugin.shop, Choice("email", everybody=True)) == {"pending": 2}


def test_proof_is_needed_for_other_channels_and_the_version_must_have_asked_for_them(shop: Shop) -> None:
    shop.publish("email")
    shop.publish("email", "sms")
    header = "email,phone,channels,version,time,source\n"
    rows = [
        "a@example.com,0151 23456781,sms,,,",
        "b@example.com,0151 23456782,sms,1,2024-05-03,Fair",
        "c@example.com,0151 23456783,email+sms,2,2024-05-03,Fair",
        "d@example.com,0151 23456784,whatsapp,2,2024-05-03,Fair",
        "e@example.com,,email,9,2024-05-03,Fair",
    ]

    made = upload(shop, header + "\n".join(rows))

    assert [(verdict, reason) for _line, verdict, reason in made.verdicts()] == [
        ("refused", "only_email"),
        ("refused", "not_in_version"),
        ("granted", ""),
        ("refused", "not_collected"),
        ("refused", "version"),
    ]
    made.accept()
    assert set(state.of_person(shop.session, person(shop, "c@example.com"))) == {"email", "sms"}


def test_before_the_first_version_nobody_can_be_imported(shop: Shop) -> None:
    assert upload(shop, "email\nbo@example.com\n").verdicts() == [(2, "refused", "no_version")]


@pytest.mark.rule("C49")
@pytest.mark.parametrize("reason", [suppression.WITHDRAWN, suppression.COMPLAINT, suppression.BOUNCED])
def test_a_blocked_address_is_never_revived(shop: Shop, reason: str) -> None:
    shop.publish()
    key = shop.plugin.keys.address_key("email", "mia@example.com")
    suppression.suppress(shop.session, "email", key, reason)
    shop.session.commit()

    made = upload(shop, PROOF + proven("Mia@Example.com"))

    assert made.verdicts() == [(2, "refused", "suppressed")]


@pytest.mark.rule("C49")
def test_whoever_withdrew_is_never_revived_not_even_between_preview_and_import(shop: Shop) -> None:
    shop.publish()
    upload(shop, PROOF + proven("old@example.com")).accept()
    made = upload(shop, PROOF + proven("old@example.com", "Olga") + proven("new@example.com"))
    assert [verdict for _line, verdict, _reason in made.verdicts()] == ["changed", "granted"]
    held = state.get(shop.session, person(shop, "old@example.com"), "email")
    assert held is not None
    shop.session.execute(update(type(held)).values(status="withdrawn"))
    key = shop.plugin.keys.address_key("email", "new@example.com")
    suppression.suppress(shop.session, "email", key, suppression.WITHDRAWN)
    shop.session.commit()

    made.accept()

    assert made.verdicts() == [(2, "refused", "withdrawn"), (3, "refused", "suppressed")]
    assert imports.facts_of(shop.session, made.row)["done"]["refused"] == 2
    assert shop.session.scalars(select(Subscriber.email)).all() == ["old@example.com"]


@pytest.mark.rule("W27")
@pytest.mark.parametrize("spelling", ["ada@example.com", " Ada@EXAMPLE.com "])
@pytest.mark.parametrize("agreed", [True, False])
def test_the_consents_of_an_account_are_its_own(shop: Shop, spelling: str, agreed: bool) -> None:
    shop.publish()
    ada = someone(shop, spelling)
    if agreed:
        ada.give()
    shop.session.commit()

    made = upload(shop, PROOF + proven("aDa@example.com"))

    assert made.verdicts() == [(2, "refused", "account")]
    made.accept()
    assert ada.history() == (["granted"] if agreed else [])


def test_somebody_known_is_changed_and_only_where_the_file_says_something_new(shop: Shop) -> None:
    shop.publish()
    upload(shop, "email,first name\nmia@example.com,\nbo@example.com,Bo\n").accept()

    made = upload(shop, PROOF + proven("MIA@example.com") + "bo@example.com,Bo,,,\n")

    assert made.verdicts() == [(2, "changed", ""), (3, "same", "")]
    made.accept()
    mia = person(shop, "mia@example.com")
    assert [record.action for record in state.history(shop.session, mia)] == ["granted", "requested"]
    assert shop.session.scalars(select(Subscriber.first_name).order_by(Subscriber.email)).all() == ["Bo", "Mia"]
    assert upload(shop, PROOF + proven()).verdicts() == [(2, "same", "")]


def test_the_first_of_several_rows_with_one_address_counts(shop: Shop) -> None:
    shop.publish()

    made = upload(shop, "email\nmia@example.com\nbo@example.com\nMIA@example.com\nbo@example.com\n")

    assert made.verdicts() == [(2, "pending", ""), (3, "pending", ""), (4, "refused", "repeated"),
                               (5, "refused", "repeated")]  # fmt: skip
    assert [row.values["about"] for row in made.rows()[2:]] == ["2", "3"]


@pytest.mark.rule("C12")
def test_an_address_that_was_asked_often_today_is_left_alone(shop: Shop) -> None:
    shop.publish()
    for _turn in range(3):
        upload(shop, "email\nbo@example.com\n").accept()
        held = state.get(shop.session, person(shop, "bo@example.com"), "email")
        assert held is not None
        held.status = "expired"
        shop.session.commit()

    made = upload(shop, "email\nbo@example.com\n")
    made.accept()

    assert made.verdicts() == [(2, "refused", "asked_often")]
    assert len(mails(shop)) == 3
