"""A web process with a changed key stores nothing under it: the order is kept, the pages say what to mend."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from tests.shops import Shop, make_shop
from webshop_segments import stamp, storefront
from webshop_segments.consent.models import ConsentRecord


@pytest.fixture
def changed(shop: Shop, database_url: str, host_schema: str | None) -> Iterator[Shop]:
    """The same database with another secret under the same id."""
    stamp.verify(shop.session, shop.plugin.keys, shop.plugin.settings)
    shop.publish()
    shop.session.commit()
    keys = "k1:" + "another secret of 32 characters " * 2
    other = make_shop(database_url, schema=host_schema, config={"WSS_KEYS": keys})
    with other.app.app_context():
        yield other
        other.db.session.remove()
        other.plugin.engine.dispose()


def test_an_order_is_kept_and_the_customer_told_that_the_choice_was_not_saved(changed: Shop) -> None:
    customer = changed.customer("a@example.com")
    with changed.app.test_request_context(method="POST", data={"consent_email": "1", "consent_token": "x"}):
        outcome = storefront.record("checkout", contact_ref=customer.id)
        assert not outcome.saved
        assert outcome.message is not None
        assert storefront.consent_fields("registration") == ""
    changed.session.commit()
    assert changed.session.get(changed.Customer, customer.id) is not None
    assert changed.session.scalar(select(func.count()).select_from(ConsentRecord)) == 0


def test_the_pages_answer_503_and_name_the_setting(changed: Shop) -> None:
    client = changed.app.test_client()
    page = client.get("/marketing/segments")
    assert page.status_code == 503
    assert "WSS_KEYS" in page.get_data(as_text=True)
    assert client.post("/marketing/u/any").status_code == 503
