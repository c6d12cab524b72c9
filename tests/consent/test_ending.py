"""Ending a channel's consents: everybody concerned once, in chains that hold, with statements that do not grow."""

from __future__ import annotations

import re

import pytest

from tests.consent.deeds import Someone, someone
from tests.shops import ANNA, Shop, Statements
from tests.support.together import together
from webshop_segments.consent import ending, ledger, projection, state, verification

pytestmark = pytest.mark.rule("W25")


def givers(shop: Shop, count: int, start: int = 0) -> list[Someone]:
    people = [someone(shop, f"p{number}@example.com") for number in range(start, start + count)]
    for person in people:
        person.give("email")
        person.give("sms")
    shop.session.commit()
    return people


def test_everybodys_consent_ends_once_and_the_ledger_stays_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_SLICE", 3)
    monkeypatch.setattr(ledger, "_SLICE", 2)
    shop.publish("email", "sms")
    people = givers(shop, 7)
    people[0].withdraw("email")
    people[1].withdraw("sms")

    assert ending.end_channel(shop.session, "email", ANNA) == 6
    assert ending.end_channel(shop.session, "email", ANNA) == 0

    assert [person.status("email") for person in people] == ["withdrawn", *["ended"] * 6]
    assert [person.history()[-1] for person in people[1:]] == ["ended"] * 6
    assert state.totals(shop.session)[("sms", "granted")] == 6
    assert not list(verification.faults(shop.session))
    assert projection.rebuild(shop.session) == []


def test_more_people_take_no_more_statements(shop: Shop) -> None:
    def statements() -> int:
        with Statements(shop.plugin.engine) as asked:
            shop.publish("sms", end_removed=True)
        shop.session.commit()
        # SQLite tells the keys of new rows one by one.
        return len([text for text in asked.texts if not re.match(r"INSERT INTO \S*wss_consent_record ", text)])

    shop.publish("email", "sms")
    givers(shop, 2)
    few = statements()
    shop.publish("email", "sms")
    givers(shop, 12, start=2)

    assert statements() <= few


def test_a_customer_who_acts_meanwhile_waits_and_nothing_is_lost(shop: Shop) -> None:
    shop.publish("email", "sms")
    people = givers(shop, 6)

    def end() -> None:
        shop.publish("sms", end_removed=True)
        shop.session.commit()

    def act() -> None:
        for person in reversed(people):
            person.withdraw("sms")
            shop.session.commit()

    together(shop.app, end, act)

    assert {person.status("email") for person in people} == {"ended"}
    assert {person.status("sms") for person in people} == {"withdrawn"}
    assert not list(verification.faults(shop.session))
    assert projection.rebuild(shop.session) == []
