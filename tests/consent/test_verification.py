"""Whoever touches the ledger by hand is found out; whoever erases evidence by the rules is not accused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.consent.deeds import someone
from tests.shops import ANNA, Shop
from webshop_segments.consent import erasure, verification
from webshop_segments.consent.models import ConsentEvidence, ConsentRecord, ConsentState, ConsentSubject, ConsentText

Tampering = Callable[[Session], Any]


def open_the_lock(session: Session) -> None:
    """Whoever owns the tables can drop what keeps them."""
    if session.get_bind().dialect.name == "sqlite":
        for trigger in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER wss_consent_record_{trigger}"))
    else:
        session.execute(text("DROP TRIGGER wss_consent_record_kept ON wss_consent_record"))


def last_id(session: Session) -> int:
    return session.scalars(select(func.max(ConsentRecord.id))).one()


def change_a_record(session: Session) -> None:
    session.execute(update(ConsentRecord).where(ConsentRecord.seq == 2).values(source="registration"))


def remove_the_first(session: Session) -> None:
    first = select(ConsentRecord.id).where(ConsentRecord.seq == 1).scalar_subquery()
    session.execute(delete(ConsentEvidence).where(ConsentEvidence.record_id == first))
    session.execute(delete(ConsentRecord).where(ConsentRecord.seq == 1))


def remove_the_last(session: Session) -> None:
    last = last_id(session)
    session.execute(delete(ConsentState))
    session.execute(delete(ConsentEvidence).where(ConsentEvidence.record_id == last))
    session.execute(delete(ConsentRecord).where(ConsentRecord.id == last))


def put_one_in(session: Session) -> None:
    """A forger who even computes digests can only continue the chain, and then the head is wrong."""
    last = session.get_one(ConsentRecord, last_id(session))
    names = ("subject_id", "action", "basis", "channel", "version_id", "language", "source", "actor", "at")
    values = {name: getattr(last, name) for name in names}
    chain = {"evidence_digest": last.evidence_digest, "previous_digest": last.digest, "digest": "0" * 64}
    session.execute(insert(ConsentRecord).values(id=last.id + 1, seq=last.seq + 1, **values, **chain))


def change_evidence(session: Session) -> None:
    session.execute(update(ConsentEvidence).values(address="eve@example.com"))


def remove_evidence(session: Session) -> None:
    session.execute(delete(ConsentEvidence).where(ConsentEvidence.record_id == last_id(session)))


def turn_back_the_head(session: Session) -> None:
    session.execute(update(ConsentSubject).values(last_seq=1))


def change_a_text(session: Session) -> None:
    session.execute(update(ConsentText).where(ConsentText.language == "de").values(statement="Ich will alles."))


@pytest.mark.rule("C26")
@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (change_a_record, "record 2: was changed."),
        (remove_the_first, "record 2: does not follow the record before it."),
        (remove_the_last, "records after number 2 are missing."),
        (put_one_in, "record 4: was changed."),
        (change_evidence, "record 1: its evidence was changed."),
        (remove_evidence, "record 3: its evidence is missing."),
        (turn_back_the_head, "records after number 3 are missing."),
        (change_a_text, "Version 1, text in “de”: was changed."),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_tampering_is_found(shop: Shop, tamper: Tampering, sentence: str) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    ada.withdraw()
    ada.give()
    shop.session.commit()
    assert not list(verification.faults(shop.session))

    open_the_lock(shop.session)
    tamper(shop.session)

    assert any(fault.endswith(sentence) for fault in verification.faults(shop.session))


@pytest.mark.rule("C26")
@pytest.mark.parametrize("tamper", [change_a_record, remove_the_last], ids=lambda value: value.__name__)
def test_the_database_itself_refuses_to_change_a_record(shop: Shop, tamper: Tampering) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    ada.withdraw()
    shop.session.commit()

    with pytest.raises(DBAPIError, match="only appended to"):
        tamper(shop.session)


@pytest.mark.rule("C47")
def test_erased_evidence_is_no_tampering(shop: Shop) -> None:
    shop.publish()
    ada, bob = someone(shop), someone(shop, "bob@example.com")
    ada.give()
    bob.give()

    erasure.erase(shop.session, ada.key, "system", ANNA)

    assert not list(verification.faults(shop.session))
    assert shop.session.scalars(select(ConsentEvidence.erased_at).where(ConsentEvidence.erased_at.is_not(None))).all()


def test_a_ledger_of_several_slices_is_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_SLICE", 2)
    shop.publish()
    for number in range(3):
        person = someone(shop, f"p{number}@example.com")
        person.give()
        person.withdraw()
        person.give()

    assert not list(verification.faults(shop.session))
