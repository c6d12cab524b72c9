"""Addresses that providers refuse for good while sending, or whose mail is lost again and again, are given up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.newsletter.returned import Sent, consents, send, suppressed
from tests.shops import ANNA, Shop
from webshop_segments import Accepted, Rejected, Unknown, clock
from webshop_segments.channel import Outcome
from webshop_segments.newsletter import forgetting
from webshop_segments.newsletter.deliveries import Settled
from webshop_segments.newsletter.models import Delivery
from webshop_segments.newsletter.replies import receipts
from webshop_segments.newsletter.replies.receipts import MOST_LOST


def _answered(shop: Shop, outcome: Outcome, channel: str = "email") -> Sent:
    """What the provider answers while sending, and what the worker then heeds."""
    (shop.email if channel == "email" else shop.sms).outcomes = lambda message: outcome
    sent = send(shop, channel)
    settled = {row.number: Settled(row.status, row.reason) for row in shop.session.scalars(select(Delivery))}
    receipts.suppress_bounced(shop.session, sent.dispatch.id, settled)
    shop.session.commit()
    return sent


@pytest.mark.rule("E50")
@pytest.mark.rule("E53")
@pytest.mark.rule("E63")
@pytest.mark.parametrize(
    ("outcome", "reasons"),
    [
        (Rejected(1, "550 5.1.1 no such user", permanent=True), ["bounced"]),
        (Rejected(1, "550 No such user here", permanent=True), ["bounced"]),
        (Rejected(1, "552 5.2.2 mailbox full", permanent=True), []),
        (Rejected(1, "550 5.7.1 refused", permanent=True), []),
        (Rejected(1, "550 5.7.1 refused", permanent=True, about_us=True), []),
        (Rejected(1, "450 5.1.1 later", permanent=False), []),
        (Unknown(1, "line lost after 550 5.1.1"), []),
        (Accepted(1), []),
    ],
)
def test_an_address_refused_for_good_while_sending_is_suppressed(
    shop: Shop, outcome: Outcome, reasons: list[str]
) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    _answered(shop, outcome)
    assert suppressed(shop) == reasons


@pytest.mark.rule("C44")
@pytest.mark.parametrize(
    ("code", "reasons", "status"),
    [("21610", ["withdrawn"], "withdrawn"), ("21614", ["bounced"], "granted"), ("21617", [], "granted")],
)
def test_what_twilio_refuses_silences_the_number_as_the_code_says(
    shop: Shop, code: str, reasons: list[str], status: str
) -> None:
    shop.publish("sms")
    shop.agreed("ada@example.com", "sms", phone="+4915123456789")
    _answered(shop, Rejected(1, f"{code} refused", permanent=True), "sms")
    assert suppressed(shop) == reasons
    assert list(consents(shop).values()) == [status]


def _lost_messages(shop: Shop, reasons: list[str], days: int) -> None:
    """So many newsletters to Ada, each lost, spread evenly over so many days until today."""
    for number, reason in enumerate(reasons):
        sent = send(shop)
        age = timedelta(days=days) * (len(reasons) - 1 - number) / (len(reasons) - 1)
        sent.becomes("sent", provider_id=None, settled_at=clock.now() - age)
        if reason:
            sent.report("bounced", reason, f"SM{sent.dispatch.id}")


FULL = "552 5.2.2 mailbox full"


@pytest.mark.rule("E64")
@pytest.mark.parametrize(
    ("reasons", "days", "given_up"),
    [
        ([FULL] * MOST_LOST, 15, True),
        ([FULL] * MOST_LOST, 13, False),
        ([FULL] * (MOST_LOST - 1), 60, False),
        ([FULL, FULL, "", FULL, FULL], 60, False),
        ([FULL, FULL, "550 5.7.1 blocked", FULL, FULL], 60, False),
        (["", *[FULL] * MOST_LOST], 60, True),
    ],
)
def test_an_address_is_given_up_when_all_its_messages_are_lost_for_weeks(
    shop: Shop, reasons: list[str], days: int, given_up: bool
) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    _lost_messages(shop, reasons, days)
    assert suppressed(shop) == (["bounced"] if given_up else [])


def test_lost_messages_of_people_who_were_erased_are_not_added_up(shop: Shop) -> None:
    shop.publish()
    ada = shop.agreed("ada@example.com")
    _lost_messages(shop, [FULL] * (MOST_LOST - 1), 60)
    last = send(shop)
    forgetting.forget_contact(shop.session, str(ada.id), ANNA)
    before = suppressed(shop)
    last.report("bounced", FULL)
    assert last.row.status == "bounced"
    assert suppressed(shop) == before
