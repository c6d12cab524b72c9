"""A dispatch is started once, paused, resumed and cancelled."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select

from tests.shops import ANNA, Shop
from webshop_segments import Accepted, Message, Refused
from webshop_segments.channel import Outcome
from webshop_segments.newsletter import dispatches
from webshop_segments.newsletter.models import Delivery, Dispatch


def _counts(shop: Shop) -> dict[str, int]:
    rows = shop.session.execute(select(Delivery.status, func.count()).group_by(Delivery.status))
    return {row[0]: row[1] for row in rows}


def test_the_same_form_posted_twice_starts_one_sending(shop: Shop) -> None:
    shop.publish()
    shop.agreed("a@example.com")
    newsletter = shop.newsletter()
    one = dispatches.start(shop.session, shop.plugin, newsletter, [], "key-of-the-form", ANNA)
    two = dispatches.start(shop.session, shop.plugin, newsletter, [], "key-of-the-form", ANNA)
    assert one.id == two.id
    assert shop.session.scalar(select(func.count()).select_from(Dispatch)) == 1


def test_a_paused_dispatch_stops_before_the_next_window_and_goes_on_where_it_stopped(shop: Shop) -> None:
    shop.publish()
    for number in range(6):
        shop.agreed(f"p{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.window = 2

    def pause_once(message: Message) -> Outcome:
        if message.number == 1:
            dispatches.pause(shop.session, dispatch, ANNA)
            shop.session.commit()
        return Accepted(message.number)

    shop.email.outcomes = pause_once
    shop.work()
    assert dispatch.status == "paused"
    assert _counts(shop) == {"sent": 2, "queued": 4}

    shop.email.outcomes = lambda message: Accepted(message.number)
    dispatches.resume(shop.session, dispatch, ANNA)
    shop.session.commit()
    shop.work()
    assert (dispatch.status, _counts(shop)) == ("finished", {"sent": 6})
    assert len({message.address for message in shop.email.sent}) == 6


def test_a_cancelled_dispatch_sends_nothing_further(shop: Shop) -> None:
    shop.publish()
    for number in range(3):
        shop.agreed(f"p{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.window = 1

    def cancel(message: Message) -> Outcome:
        dispatches.cancel(shop.session, dispatch, ANNA)
        shop.session.commit()
        return Accepted(message.number)

    shop.email.outcomes = cancel
    shop.work()
    assert dispatch.status == "cancelled"
    assert _counts(shop) == {"sent": 1, "cancelled": 2}
    with pytest.raises(Refused, match="moved on"):
        dispatches.resume(shop.session, dispatch, ANNA)


def test_nothing_is_started_that_would_reach_nobody(shop: Shop) -> None:
    shop.publish()
    shop.customer("silent@example.com")
    newsletter = shop.newsletter()
    with pytest.raises(Refused, match="Nobody would get"):
        dispatches.start(shop.session, shop.plugin, newsletter, [], "k", ANNA)
    assert shop.session.scalar(select(func.count()).select_from(Dispatch)) == 0


@pytest.mark.rule("W44")
def test_the_control_copy_is_marked_inert_and_left_out_where_the_shop_is_a_recipient(shop: Shop) -> None:
    shop.publish()
    shop.agreed("a@example.com")
    shop.send(shop.newsletter())
    shop.work()
    copy = next(message for message in shop.email.sent if message.address == "shop@shop.example")
    assert b"Subject: [Copy] Hello" in copy.content
    shop.email.sent.clear()

    shop.agreed("shop@shop.example")
    shop.send(shop.newsletter())
    shop.work()
    to_shop = [message for message in shop.email.sent if message.address == "shop@shop.example"]
    assert len(to_shop) == 1
    assert b"[Copy]" not in to_shop[0].content


def test_two_dispatches_are_served_in_turn(shop: Shop) -> None:
    shop.publish()
    for number in range(30):
        shop.agreed(f"p{number}@example.com")
    shop.email.window = 1
    first = shop.send(shop.newsletter(name="First", subject="first"), control_copy=False)
    second = shop.send(shop.newsletter(name="Second", subject="second"), control_copy=False)
    shop.work()
    order = [b"Subject: first" in message.content for message in shop.email.sent]
    assert first.status == second.status == "finished"
    assert order.index(False) <= 20 < len(order) - order[::-1].index(True)


def test_a_claim_whose_lease_ran_out_leaves_nobody_out(shop: Shop) -> None:
    shop.publish()
    for number in range(4):
        shop.agreed(f"p{number}@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.window = 1

    def slowly(message: Message) -> Outcome:
        time.sleep(0.4)
        return Accepted(message.number)

    shop.email.outcomes = slowly
    shop.work(lease_seconds=0.3)
    assert dispatch.status == "finished"
    assert _counts(shop) == {"sent": 4}
    assert len({message.address for message in shop.email.sent}) == len(shop.email.sent) == 4
