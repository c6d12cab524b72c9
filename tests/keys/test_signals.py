"""The host is told only after the outermost transaction has committed, and may then use its session."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from blinker import Namespace
from sqlalchemy import func, select

from tests.shops import Shop
from webshop_segments import signals
from webshop_segments.consent.models import ConsentRecord

changed = Namespace().signal("test-changed")


@pytest.fixture
def heard(shop: Shop) -> Iterator[list[Any]]:
    """What a receiver in the shop has heard."""
    told: list[Any] = []

    def receive(sender: Any, **payload: Any) -> None:
        assert sender is shop.app
        told.append(payload["number"])

    with changed.connected_to(receive):
        yield told


def tell(shop: Shop, number: int) -> None:
    shop.company()
    signals.after_commit(shop.session, changed, number=number)


def test_nothing_is_heard_before_the_commit(shop: Shop, heard: list[Any]) -> None:
    tell(shop, 1)
    shop.session.flush()
    assert heard == []
    shop.session.commit()
    assert heard == [1]
    shop.session.commit()
    assert heard == [1]


def test_nothing_is_heard_after_a_rollback(shop: Shop, heard: list[Any]) -> None:
    tell(shop, 1)
    shop.session.rollback()
    shop.session.commit()
    assert heard == []


def test_nothing_is_heard_of_a_transaction_that_was_only_closed(shop: Shop, heard: list[Any]) -> None:
    tell(shop, 1)
    shop.session.close()
    shop.company()
    shop.session.commit()
    assert heard == []


def test_a_released_savepoint_waits_for_the_outermost_commit(shop: Shop, heard: list[Any]) -> None:
    with shop.session.begin_nested():
        with shop.session.begin_nested():
            tell(shop, 1)
        tell(shop, 2)
    assert heard == []
    shop.session.commit()
    assert heard == [1, 2]


def test_a_rolled_back_savepoint_takes_its_own_back_only(shop: Shop, heard: list[Any]) -> None:
    tell(shop, 1)
    outer = shop.session.begin_nested()
    with shop.session.begin_nested():
        tell(shop, 2)
    outer.rollback()
    tell(shop, 3)
    shop.session.commit()
    assert heard == [1, 3]


def test_a_receiver_may_use_the_session_and_commit(shop: Shop) -> None:
    customer = shop.customer("ada@example.com", email_verified=False)
    shop.publish()
    shop.session.commit()

    def mark_verified(sender: Any, person_ref: str, **_: Any) -> None:
        shop.db.session.get(shop.Customer, int(person_ref)).email_verified = True
        shop.db.session.commit()

    with changed.connected_to(mark_verified):
        signals.after_commit(shop.session, changed, person_ref=str(customer.id))
        shop.session.commit()

    shop.session.expire_all()
    assert customer.email_verified


def test_what_a_receiver_tells_is_heard_too(shop: Shop, heard: list[Any]) -> None:
    def tell_more(sender: Any, number: int) -> None:
        if number == 1:
            tell(shop, 2)
            shop.session.commit()

    with changed.connected_to(tell_more):
        tell(shop, 1)
        shop.session.commit()

    assert sorted(heard) == [1, 2]


def test_a_receivers_fault_is_logged_and_harms_nobody(
    shop: Shop, heard: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(sender: Any, number: int) -> None:
        if number == 1:
            raise RuntimeError("the host's fault")

    with changed.connected_to(fail), caplog.at_level(logging.ERROR):
        tell(shop, 1)
        tell(shop, 2)
        shop.session.commit()

    assert 2 in heard
    assert "a receiver of the signal test-changed failed" in caplog.text
    assert shop.session.scalar(select(func.count()).select_from(shop.Company)) == 2


def test_a_consent_is_told_when_it_is_kept(shop: Shop) -> None:
    told: list[Any] = []

    def receive(sender: Any, **payload: Any) -> None:
        told.append(payload)

    shop.publish()
    with signals.consent_changed.connected_to(receive, sender=shop.app):
        ada = shop.agreed("ada@example.com")
        assert told == []
        shop.session.commit()
        ref = str(ada.id)
        shop.agreed("bob@example.com")
        shop.session.rollback()

    assert told == [{"person_kind": "contact", "person_ref": ref, "channel": "email", "action": "granted"}]
    assert shop.session.scalar(select(func.count()).select_from(ConsentRecord)) == 1
