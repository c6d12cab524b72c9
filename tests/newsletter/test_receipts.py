"""A report moves a delivery along the transition table, in any order, any number of times, and settles the unknown."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.newsletter.returned import Sent, events, send, suppressed
from tests.shops import Shop
from webshop_segments import clock
from webshop_segments.newsletter import deliveries
from webshop_segments.newsletter.deliveries import Settled
from webshop_segments.newsletter.engine import claims
from webshop_segments.newsletter.replies import receipts
from webshop_segments.newsletter.replies.receipts import Event


@pytest.fixture
def sent(shop: Shop) -> Sent:
    shop.publish("email", "sms")
    shop.agreed("ada@example.com")
    return send(shop)


@pytest.mark.rule("T23")
@pytest.mark.parametrize(
    "order", list(permutations(["sent", "delivered", "bounced"])) + list(permutations(["sent", "delivered"]))
)
def test_reports_end_in_the_same_state_in_any_order_and_twice(sent: Sent, order: tuple[str, ...]) -> None:
    sent.becomes("sent", provider_id="SM1")
    for status in (*order, *order):
        sent.report(status, "30007 undelivered" if status == "bounced" else "", "SM1")
    assert sent.row.status == ("bounced" if "bounced" in order else "delivered")
    assert events(sent.shop) == len(order)


@pytest.mark.parametrize("status", ["sent", "delivered", "bounced", "complained"])
def test_a_report_settles_an_outcome_that_was_unknown(sent: Sent, status: str) -> None:
    sent.becomes("unknown", reason="worker_lost", provider_id=None)
    sent.report(status, message="SM1")
    assert (sent.row.status, sent.row.reason, sent.row.provider_id) == (status, "", "SM1")


@pytest.mark.rule("T24")
def test_a_report_may_come_before_the_worker_has_settled_the_message(sent: Sent) -> None:
    sent.becomes("sending", lease_id="l1", lease_until=clock.now(), provider_id=None, settled_at=None)
    sent.report("delivered", message="SM1")
    assert (sent.row.status, sent.row.provider_id, sent.row.lease_until) == ("delivered", "SM1", None)
    assert sent.row.settled_at is not None
    late = {1: Settled("sent", provider_id="SM1")}
    assert deliveries.settle(sent.shop.session, sent.dispatch.id, "l1", late) == 0
    sent.shop.session.commit()
    assert claims.recover(sent.shop.session) == 0
    assert sent.row.status == "delivered"


@pytest.mark.parametrize("status", ["queued", "claimed", "failed", "cancelled", "skipped", "complained"])
def test_a_report_moves_no_delivery_out_of_a_state_it_cannot_leave(sent: Sent, status: str) -> None:
    sent.becomes(status)
    for reported in ("delivered", "bounced"):
        assert "changes nothing of its state" in sent.report(reported, "5.1.1 gone")
    assert sent.row.status == status
    assert suppressed(sent.shop) == ["bounced"]


def test_a_report_on_a_message_that_was_sent_again_since_moves_nothing(sent: Sent) -> None:
    sent.becomes("sent", provider_id="SM2")
    assert sent.report("bounced", "30007 x", "SM1") == "bounced changes nothing of its state"
    assert sent.report("delivered", message="SM2") == "delivered"


def test_a_report_on_no_delivery_is_left_alone(sent: Sent) -> None:
    event = Event("twilio", "SM1:delivered", "delivered")
    for dispatch_id, number in ((sent.dispatch.id, 99), (10**17, 1)):
        assert receipts.take(sent.shop.session, dispatch_id, number, event) == "there is no such delivery"
    assert events(sent.shop) == 0
