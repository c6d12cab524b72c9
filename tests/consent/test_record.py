"""A record of the ledger says who agreed to what, where and when, and cannot be changed afterwards."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.consent.deeds import someone
from tests.shops import Shop
from webshop_segments import clock
from webshop_segments.consent import ledger
from webshop_segments.consent.ledger import Entry
from webshop_segments.consent.models import ConsentRecord, ConsentSubject


@pytest.mark.rule("C23")
def test_a_record_tells_what_was_seen_where_and_by_whom(shop: Shop) -> None:
    version, ada = shop.publish(), someone(shop, " Ada@Example.com")
    before = clock.now()

    record = ada.give()

    assert record is not None
    assert (record.action, record.basis, record.channel, record.source) == ("granted", "consent", "email", "profile")
    assert (record.version_id, record.language, record.actor) == (version.id, "en", f"customer:{ada.key.ref}")
    assert before <= record.at <= clock.now()
    assert record.evidence is not None
    assert (record.evidence.address_seen, record.evidence.address) == (" Ada@Example.com", "Ada@example.com")
    assert (record.evidence.ip, record.evidence.user_agent) == ("203.0.113.7", "Firefox")
    assert record.evidence.form == "/checkout"


@pytest.mark.rule("C26")
def test_each_persons_records_are_counted_and_chained_apart(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada, bob = someone(shop), someone(shop, "bob@example.com")

    records = [ada.give(), bob.give(), ada.give("sms")]
    ada.withdraw()

    first, _of_bob, second = records
    assert first is not None
    assert second is not None
    assert [record.seq for record in records if record] == [1, 1, 2]
    assert first.previous_digest == ""
    assert second.previous_digest == first.digest
    subject = shop.session.get(ConsentSubject, first.subject_id)
    assert subject is not None
    shop.session.refresh(subject)
    last = shop.session.scalars(select(ConsentRecord).where(ConsentRecord.seq == 3)).one()
    assert (subject.last_seq, subject.head) == (3, last.digest)


def test_several_events_of_one_person_at_once_follow_each_other(shop: Shop) -> None:
    version, ada = shop.publish("email", "sms"), someone(shop)
    entries = [
        Entry(ada.key, "granted", channel, "profile", ledger_actor(), ada.address(channel), version, "en")
        for channel in ("sms", "email")
    ]

    records = ledger.record_all(shop.session, entries)

    assert [(record.channel, record.seq) for record in records] == [("sms", 1), ("email", 2)]
    assert records[1].previous_digest == records[0].digest


@pytest.mark.rule("C26")
def test_a_record_cannot_be_changed_or_deleted(shop: Shop) -> None:
    shop.publish()
    record = someone(shop).give()
    assert record is not None
    shop.session.commit()

    record.source = "registration"
    with pytest.raises(RuntimeError, match="only appended to"):
        shop.session.flush()
    shop.session.rollback()
    shop.session.delete(record)
    with pytest.raises(RuntimeError, match="only appended to"):
        shop.session.flush()


@pytest.mark.rule("C06")
def test_the_ledger_takes_no_word_from_outside_the_glossary(shop: Shop) -> None:
    version, ada = shop.publish("email"), someone(shop)

    def entry(action: str, channel: str, source: str) -> Entry:
        return Entry(ada.key, action, channel, source, ledger_actor(), ada.address(channel), version, "en")

    for wrong in (
        entry("agreed", "email", "profile"),
        entry("granted", "email", "kitchen"),
        entry("granted", "sms", "profile"),
        entry("requested", "phone", "profile"),
    ):
        with pytest.raises(ValueError, match="no event of the ledger|does not ask for"):
            ledger.record(shop.session, wrong)
    assert not shop.session.scalars(select(ConsentRecord)).all()


def ledger_actor() -> ledger.Actor:
    return ledger.Actor("customer", "1", "Customer")
