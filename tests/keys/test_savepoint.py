"""Our part joins the shop's transaction inside a savepoint: neither can lose the other's rows."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.shops import Shop
from webshop_segments import storefront
from webshop_segments.consent.models import ConsentRecord, ConsentState
from webshop_segments.db import savepoint


def names(shop: Shop) -> list[str]:
    """The companies as another connection sees them."""
    with Session(shop.plugin.engine) as other:
        return sorted(other.scalars(select(shop.Company.name)))


def write_and_fail(shop: Shop, name: str) -> None:
    """A fault of ours, after something was written."""
    with savepoint(shop.session):
        shop.company(name)
        raise RuntimeError


def test_a_fault_inside_keeps_what_the_shop_had_written(shop: Shop) -> None:
    shop.company("Order")
    with pytest.raises(RuntimeError):
        write_and_fail(shop, "Ours")
    shop.session.commit()
    assert names(shop) == ["Order"]


def test_a_fault_inside_the_first_statement_of_a_transaction_undoes_only_ours(shop: Shop) -> None:
    with pytest.raises(RuntimeError):
        write_and_fail(shop, "Ours")
    shop.company("Order")
    shop.session.commit()
    assert names(shop) == ["Order"]


@pytest.mark.parametrize("first", [True, False], ids=["savepoint first", "order first"])
def test_a_savepoint_is_no_commit(shop: Shop, first: bool) -> None:
    if not first:
        shop.company("Order")
    with savepoint(shop.session):
        shop.company("Ours")
    shop.session.rollback()
    assert names(shop) == []


def test_savepoints_may_lie_within_each_other(shop: Shop) -> None:
    with savepoint(shop.session):
        shop.company("Outer")
        with pytest.raises(RuntimeError):
            write_and_fail(shop, "Inner")
    shop.session.commit()
    assert names(shop) == ["Outer"]


@pytest.mark.rule("C26")
def test_an_order_that_is_rolled_back_leaves_no_record(shop: Shop) -> None:
    shop.publish()
    customer = shop.customer("ada@example.com")
    shop.session.commit()
    page = shop.app.test_request_context()
    with page:
        form = _form(storefront.consent_fields("checkout", contact_ref=customer.id))
    for order_is_kept in (False, True):
        with shop.app.test_request_context(method="POST", data=form):
            shop.company("Order")
            assert storefront.record("checkout", contact_ref=customer.id).saved
            shop.session.commit() if order_is_kept else shop.session.rollback()
        written = [
            shop.session.scalar(select(func.count()).select_from(table)) for table in (ConsentRecord, ConsentState)
        ]
        assert written == ([1, 1] if order_is_kept else [0, 0])


def test_a_fault_of_ours_keeps_the_order(shop: Shop) -> None:
    shop.publish()
    shop.session.commit()
    with shop.app.test_request_context(method="POST"):
        shop.company("Order")
        outcome = storefront.record("checkout")
        shop.session.commit()
    assert not outcome.saved
    assert "was not saved" in (outcome.message or "")
    assert names(shop) == ["Order"]


def _form(fields: str) -> dict[str, str]:
    token = fields.partition('name="consent_token"')[2].partition('value="')[2].partition('"')[0]
    assert token
    return {"consent_token": token, "consent_email": "y"}
