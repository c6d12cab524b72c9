"""What holds is the ledger's last word: rebuilding an honest state changes nothing, a tampered one is mended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, inspect, select, update

from tests.consent.deeds import Someone, someone
from tests.shops import ANNA, Shop
from webshop_segments import clock
from webshop_segments.access import WORKER
from webshop_segments.consent import erasure, projection, verification, versions
from webshop_segments.consent.models import ConsentState

CHANNELS = ("email", "sms", "phone")
PEOPLE = ("ada", "twin", "bob")

who, channel = st.sampled_from(PEOPLE), st.sampled_from(CHANNELS)
deed = st.tuples(st.sampled_from(("give", "request", "confirm", "withdraw", "unsubscribe", "move")), who, channel)
erasing = st.tuples(st.just("erase"), who)
waiting = st.just(("wait",))
publishing = st.tuples(
    st.just("publish"),
    st.lists(channel, min_size=1, max_size=3, unique=True),
    st.sampled_from(("editorial", "material")),
    st.booleans(),
)


def rows(shop: Shop) -> list[dict[str, Any]]:
    names = [column.key for column in inspect(ConsentState).columns]
    found = shop.session.scalars(select(ConsentState).order_by(ConsentState.record_id))
    return [{name: getattr(state, name) for name in names} for state in found]


def live(shop: Shop, people: dict[str, Someone], step: tuple[Any, ...]) -> None:
    match step:
        case "publish", channels, change, end_removed:
            shop.publish(*channels, change=change, end_removed=end_removed)
        case "erase", name:
            erasure.erase(shop.session, people[name].key, "system", ANNA)
        case ("wait",):
            with time_machine.travel(clock.now() + timedelta(days=8)):
                erasure.expire_requests(shop.session, WORKER)
        case "move", name, _:
            people[name] = Someone(shop, people[name].key, f"moved{people[name].email}", "+4915198765432")
        case "give" | "request", _, channel if not versions.collects(shop.session, channel):
            pass
        case verb, name, channel:
            getattr(people[name], verb)(channel)


@pytest.mark.rule("C26")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(deed, deed, deed, erasing, waiting, publishing), max_size=25))
def test_whatever_people_do_the_state_is_what_the_ledger_says(shop: Shop, steps: list[tuple[Any, ...]]) -> None:
    shop.session.rollback()
    people = {name: someone(shop, f"{name.replace('twin', 'ada')}@example.com") for name in PEOPLE}
    shop.publish("email", "sms")
    for step in steps:
        live(shop, people, step)
    before = rows(shop)

    assert projection.rebuild(shop.session) == []

    assert rows(shop) == before
    assert not list(verification.faults(shop.session))


def silence(shop: Shop) -> None:
    shop.session.execute(update(ConsentState).values(status="withdrawn"))


def redirect(shop: Shop) -> None:
    shop.session.execute(update(ConsentState).values(address="eve@example.com", address_key="0" * 32))


def lose(shop: Shop) -> None:
    shop.session.execute(delete(ConsentState))


@pytest.mark.parametrize("tamper", [silence, redirect, lose], ids=lambda value: value.__name__)
def test_a_tampered_state_is_mended_and_named(shop: Shop, tamper: Callable[[Shop], None]) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    before = rows(shop)
    tamper(shop)

    assert projection.rebuild(shop.session) == [("contact", ada.key.ref, "email")]

    assert rows(shop) == before


def test_an_invented_state_is_removed_and_named(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()
    shop.session.execute(update(ConsentState).values(person_ref="0"))

    assert projection.rebuild(shop.session) == [("contact", "0", "email"), ("contact", ada.key.ref, "email")]

    assert ada.status() == "granted"


def test_a_rebuild_keeps_the_newest_spelling_and_the_wrong_guesses(shop: Shop) -> None:
    shop.publish()
    someone(shop).give()
    shop.session.execute(update(ConsentState).values(address_seen="Ada@Example.com", wrong_codes=2))
    before = rows(shop)

    assert projection.rebuild(shop.session) == []

    assert rows(shop) == before


def test_a_rebuild_of_several_slices_loses_nobody(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "_SLICE", 2)
    shop.publish()
    for number in range(5):
        someone(shop, f"p{number}@example.com").give()

    assert projection.rebuild(shop.session) == []

    assert len(rows(shop)) == 5
