"""Ten members and one card are found by the shop's primary key, however many customers the shop has."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert, text

from tests.ports import plans
from tests.shops import ANNA, KEY_TYPES, Shop, make_shop
from webshop_segments import storefront
from webshop_segments.directory import people
from webshop_segments.directory.partners import PARTNER, MemberKey
from webshop_segments.directory.people import CONTACT, PersonKey
from webshop_segments.segments import audience, members, operations
from webshop_segments.segments.audience import Choice

CUSTOMERS = 5000


def key(key_type: str, number: int) -> Any:
    return {"integer": number, "uuid": uuid.UUID(int=number), "text": f"K-{number:05d}"}[key_type]


@pytest.fixture(scope="module", params=sorted(KEY_TYPES))
def large(
    request: pytest.FixtureRequest, database_server: Any, migrated_database: str, host_schema: str | None
) -> Iterator[Shop]:
    """A shop of companies with thousands of employees, of whom some hundred have agreed."""
    url = database_server.create(copy_of=migrated_database)
    shop = make_shop(url, key_type=request.param, schema=host_schema)
    with shop.app.app_context():
        numbers = range(1, CUSTOMERS + 1)
        session = shop.session
        session.execute(insert(shop.Company), [{"id": key(request.param, n), "name": f"Company {n}"} for n in numbers])
        session.execute(
            insert(shop.Customer),
            [
                {
                    "id": key(request.param, n),
                    "company_id": key(request.param, n),
                    "email": f"c{n}@example.com",
                    "email_verified": True,
                }
                for n in numbers
            ],
        )
        shop.publish()
        for n in range(1, 201):
            storefront.give_sample(key(request.param, n), ["email"])
        session.commit()
        session.execute(text("ANALYZE"))
        session.commit()
        yield shop
        session.close()
        shop.plugin.engine.dispose()
    database_server.drop(url)


def ten_members(shop: Shop) -> int:
    segment = operations.add(shop.session, f"Ten {uuid.uuid4()}", ANNA)
    chosen = [MemberKey(PARTNER, str(key(shop.key_type, n))) for n in range(100, 110)]
    members.add(shop.session, shop.plugin.shop, segment, chosen, ANNA)
    shop.session.execute(text("ANALYZE"))
    return segment.id


@pytest.mark.parametrize("table", ["customer", "company"])
def test_a_segment_of_ten_asks_for_ten_keys(large: Shop, table: str) -> None:
    choice = Choice("email", everybody=False, segment_ids=(ten_members(large),))

    def reached() -> Any:
        return large.session.execute(audience.people(large.plugin.shop, choice)).all()

    assert len(reached()) == 10
    assert plans.whole_reads(large.session, table, reached) == []
    assert plans.keyed_reads(large.session, table, reached)


@pytest.mark.parametrize("table", ["customer", "company"])
def test_a_card_asks_for_one_key(large: Shop, table: str) -> None:
    anna = PersonKey(CONTACT, str(key(large.key_type, 123)))

    def found() -> Any:
        return people.find(large.session, large.plugin.shop, [anna])

    assert found()[anna].email == "c123@example.com"
    assert plans.whole_reads(large.session, table, found) == []
    assert plans.keyed_reads(large.session, table, found)


def test_everybody_reads_the_customers_once_and_finds_each_state_by_its_key(large: Shop) -> None:
    def reached() -> Any:
        return large.session.execute(audience.people(large.plugin.shop, Choice("email", everybody=True))).all()

    assert len(reached()) == CUSTOMERS
    assert len(plans.whole_reads(large.session, "customer", reached)) == 1
    assert not [step for step in plans.steps(large.session, reached) if step.startswith("SCAN wss_consent_state")]
