"""A small dispatch never waits for a large one, and no visitor of the shop for the worker."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.orm import sessionmaker

from tests.shops import Shop
from webshop_segments import Accepted, Message
from webshop_segments.channel import Outcome
from webshop_segments.db import worker_engine
from webshop_segments.newsletter.engine import preparation
from webshop_segments.newsletter.engine.worker import Worker
from webshop_segments.newsletter.models import Delivery, Dispatch

LARGE = 5000


def _blow_up(shop: Shop, dispatch: Dispatch) -> None:
    """Copies of the one recipient, so that the dispatch is many claims long."""
    row = {column.name: None for column in Delivery.__table__.columns}
    one = shop.session.execute(select(Delivery.__table__)).mappings().one()
    rows = [{**row, **one, "number": 10 + n, "address_key": f"{n:032x}", "status": "queued"} for n in range(LARGE)]
    shop.session.execute(insert(Delivery), rows)
    shop.session.commit()


def test_a_dispatch_of_fifty_is_through_within_three_claims_of_a_large_one(shop: Shop) -> None:
    shop.publish()
    shop.agreed("one@example.com")
    shop.email.window = 20
    large = shop.send(shop.newsletter(subject="large"), control_copy=False)
    worker = Worker(shop.plugin)
    worker.step()
    _blow_up(shop, large)
    worker.step()
    for number in range(50):
        shop.agreed(f"p{number}@example.com")
    small = shop.send(shop.newsletter(subject="small"), control_copy=False)
    claims: list[set[str]] = []

    def note(message: Message) -> Outcome:
        claims[-1].add(message.content.split(b"Subject: ")[1].split(b"\r\n")[0].decode())
        return Accepted(message.number)

    shop.email.outcomes = note
    while shop.session.scalar(select(Dispatch.status).where(Dispatch.id == small.id)) != "finished":
        claims.append(set())
        worker.step()
        shop.session.rollback()
    worker.close()
    served = ["".join(claim) for claim in claims if claim]
    assert served.count("large") <= 3
    assert served.index("small") <= 1


@pytest.mark.rule("W22")
def test_a_visitor_may_write_between_any_two_slices_of_a_preparation(shop: Shop) -> None:
    shop.publish()
    for number in range(preparation.SLICE + 1):
        shop.customer(f"p{number}@example.com")
    shop.agreed("last@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    impatient = {"timeout": 0} if shop.plugin.engine.dialect.name == "sqlite" else {"options": "-c lock_timeout=1"}
    engine = create_engine(shop.plugin.engine.url, connect_args=impatient)
    workers = worker_engine(shop.plugin.engine)
    sessions, slices = sessionmaker(workers), 0
    for _slice in preparation.prepare(sessions, shop.plugin, dispatch):
        with engine.begin() as connection:
            connection.execute(update(shop.Company.__table__).values(city="Here"))
        slices += 1
    engine.dispose()
    workers.dispose()
    assert slices == (2 if shop.plugin.engine.dialect.name == "sqlite" else 1)
