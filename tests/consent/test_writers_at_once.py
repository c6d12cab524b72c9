"""Several writers at the same moment lose no record, wait for each other in no ring, and agree on what holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.consent.deeds import HOLDER, Someone, someone
from tests.shops import Shop
from tests.support.together import together
from webshop_segments.consent import ledger, projection, state, verification
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.directory.people import PersonKey

CHANNELS = ("email", "sms", "whatsapp", "phone")


@pytest.mark.rule("C26")
def test_two_sessions_writing_for_one_person_lose_nothing(shop: Shop) -> None:
    shop.publish(*CHANNELS)
    ada = someone(shop)
    shop.session.commit()

    def giving(channel: str) -> Callable[[], None]:
        def give() -> None:
            ada.give(channel)
            shop.session.commit()

        return give

    together(shop.app, *(giving(channel) for channel in CHANNELS))

    assert list(shop.session.scalars(select(ConsentRecord.seq).order_by(ConsentRecord.seq))) == [1, 2, 3, 4]
    assert {ada.status(channel) for channel in CHANNELS} == {"granted"}
    assert not list(verification.faults(shop.session))


def test_writers_for_the_same_people_in_crossing_order_do_not_wait_in_a_ring(shop: Shop) -> None:
    version = shop.publish()
    people = [someone(shop, f"p{number}@example.com") for number in range(4)]
    for person in people:
        person.give()
    shop.session.commit()

    def writing(order: list[Someone]) -> Callable[[], None]:
        def write() -> None:
            for _turn in range(10):
                entries = [
                    ledger.Entry(one.key, "granted", "email", "profile", HOLDER, one.address(), version, "en")
                    for one in order
                ]
                ledger.record_all(shop.session, entries)
                shop.session.commit()

        return write

    together(shop.app, writing(people), writing(people[::-1]))

    assert len(shop.session.scalars(select(ConsentRecord)).all()) == 4 + 2 * 10 * 4
    assert not list(verification.faults(shop.session))


@pytest.mark.rule("C11")
def test_a_request_for_a_new_address_is_pending_though_the_old_one_was_confirmed_meanwhile(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.request()
    shop.session.commit()
    elsewhere = Someone(shop, ada.key, "new@example.com")
    read = state.get(shop.session, ada.key, "email")
    assert read is not None
    assert read.status == "pending"

    together(shop.app, lambda: ada.confirm() and shop.session.commit())
    elsewhere.request()
    shop.session.commit()

    held = state.get(shop.session, ada.key, "email")
    assert held is not None
    assert (held.status, held.address) == ("pending", "new@example.com")
    assert not projection.rebuild(shop.session)


def test_more_people_than_a_statement_takes_parameters_are_looked_up(shop: Shop) -> None:
    people = {PersonKey("contact", str(number)) for number in range(70_000)}

    assert projection.subjects_of(shop.session, people) == {}
