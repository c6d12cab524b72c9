"""While one window is being sent the next is marked, and never more than two are under way."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from tests.shops import Shop
from webshop_segments import Accepted, Message, Rejected
from webshop_segments.channel import Outcome
from webshop_segments.newsletter.models import Delivery


def _agreed(shop: Shop, count: int) -> None:
    shop.publish()
    for number in range(count):
        shop.agreed(f"p{number}@example.com")


def test_a_process_never_has_more_than_two_windows_under_way(shop: Shop) -> None:
    _agreed(shop, 60)
    shop.email.window = 10
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    engine = create_engine(shop.plugin.engine.url)
    under_way: list[int] = []

    def look(message: Message) -> Outcome:
        with engine.connect() as connection:
            count = connection.scalar(text("SELECT count(*) FROM wss_delivery WHERE status = 'sending'"))
        under_way.append(count or 0)
        return Accepted(message.number)

    shop.email.outcomes = look
    shop.work()
    engine.dispose()
    assert dispatch.status == "finished"
    assert len(under_way) == 60
    assert 10 < max(under_way) <= 20


def test_a_recipient_whose_message_cannot_be_made_fails_alone(shop: Shop) -> None:
    _agreed(shop, 2)
    shop.agreed("long@example.com", first_name="x" * 30)
    body = "{% if first_name.size > 20 %}{% for i in (1..100000) %}x{% endfor %}{% endif %}Hello"
    dispatch = shop.send(shop.newsletter(body=body), control_copy=False)
    shop.work()
    rows = {row.address: row.status for row in shop.session.query(Delivery)}
    assert dispatch.status == "finished"
    assert rows == {"p0@example.com": "sent", "p1@example.com": "sent", "long@example.com": "failed"}


@pytest.mark.rule("E52")
def test_a_server_that_asks_for_rest_holds_its_domain_and_no_other(shop: Shop) -> None:
    _agreed(shop, 5)
    for number in range(25):
        shop.agreed(f"g{number}@gmail.example")
    shop.email.window = 5
    dispatch = shop.send(shop.newsletter(), control_copy=False)

    def too_fast(message: Message) -> Outcome:
        if message.address.endswith("gmail.example"):
            return Rejected(message.number, "421 4.7.28 too fast", permanent=False, about_us=True)
        return Accepted(message.number)

    shop.email.outcomes = too_fast
    shop.work()
    statuses = {(row.domain, row.status) for row in shop.session.query(Delivery)}
    attempts = [row.attempts for row in shop.session.query(Delivery).filter_by(domain="gmail.example")]
    assert statuses == {("example.com", "sent"), ("gmail.example", "queued")}
    assert 0 < sum(attempts) <= 20
    assert max(attempts) == 1
    assert dispatch.status == "sending"
