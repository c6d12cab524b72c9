"""A fault of ours never loses an order, and a fault of the shop's is never hidden."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from tests.storefront.conftest import Front
from webshop_segments import storefront
from webshop_segments.consent.models import ConsentEvidence, ConsentRecord, ConsentState, ConsentSubject


def break_the_ledger(front: Front) -> None:
    front.shop.session.commit()
    for table in (ConsentState, ConsentEvidence, ConsentRecord, ConsentSubject):
        front.shop.session.execute(delete(table))
        connection = front.shop.session.connection()
        table.__table__.drop(connection)  # type: ignore[attr-defined]
    front.shop.session.commit()


def test_an_order_survives_a_ledger_that_cannot_be_written(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    customer = front.shop.customer("ada@example.com")
    form = front.form("checkout", customer).hidden | {"consent_email": "1"}
    break_the_ledger(front)

    with caplog.at_level(logging.ERROR, "webshop_segments"):
        answer = front.send("checkout", form, customer)

    assert answer["saved"] is False
    assert "was not saved" in answer["message"]
    assert front.orders == 1
    assert "consents of checkout were not saved" in caplog.text


def test_a_page_of_the_shop_survives_boxes_that_cannot_be_read(front: Front) -> None:
    customer = front.shop.customer("ada@example.com")
    break_the_ledger(front)

    page = front.form("checkout", customer)

    assert page.response.status_code == 200
    assert page.fields == []
    assert front.send("checkout", {}, customer) == {"saved": True, "message": None}


def test_a_guest_whose_address_cannot_be_written_to_still_orders(front: Front) -> None:
    answer = front.submit("guest_checkout", email="no address", consent_email="1")

    assert answer["saved"] is False
    assert "no e-mail address we can write to" in answer["message"]
    assert front.orders == 1


def test_a_customer_who_is_not_in_the_shop_is_refused_and_the_order_kept(front: Front) -> None:
    customer = front.shop.customer("ada@example.com")
    form = front.form("checkout", customer).hidden | {"consent_email": "1"}
    gone = SimpleNamespace(id=customer.id)
    front.shop.session.delete(customer)

    answer = front.send("checkout", form, gone)

    assert answer == {"saved": False, "message": "Your account was not found."}
    assert front.orders == 1


def test_a_faulty_row_of_the_shops_own_is_the_shops_to_see(front: Front) -> None:
    front.shop.session.add(front.Order(email=None))

    with front.shop.app.test_request_context(method="POST"), pytest.raises(IntegrityError):
        storefront.record("guest_checkout", guest=storefront.Guest(email="guest@example.com"))
