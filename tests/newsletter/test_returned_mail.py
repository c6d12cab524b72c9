"""A bounce or complaint about a message of ours moves its delivery and silences its address; nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, select

from tests.newsletter.returned import REAL, Sent, as_it_came, consents, events, mail, send, suppressed
from tests.shops import Shop
from webshop_segments.consent import tokens
from webshop_segments.consent.models import ConsentRecord, Suppression
from webshop_segments.consent.tokens import Link
from webshop_segments.directory.people import PersonKey
from webshop_segments.keys import Keys
from webshop_segments.newsletter.models import Delivery
from webshop_segments.newsletter.replies import incoming
from webshop_segments.plugin import EXTENSION
from webshop_segments.segments import audience
from webshop_segments.segments.audience import Choice


@pytest.fixture
def sent(shop: Shop) -> Sent:
    shop.publish("email", "sms")
    shop.agreed("ada@example.com")
    return send(shop)


@pytest.mark.rule("E63")
@pytest.mark.rule("E65")
@pytest.mark.parametrize("name", ["unknown_user", "null_mx", "internationalised"])
def test_an_address_that_is_gone_gets_nothing_more_and_its_consent_stays_on_record(sent: Sent, name: str) -> None:
    done = sent.comes_back(name)
    assert done == f"Delivery 1 of dispatch {sent.dispatch.id}: bounced, address suppressed."
    assert (sent.row.status, sent.row.reason[:4]) == ("bounced", "5.1.")
    assert suppressed(sent.shop) == ["bounced"]
    assert set(consents(sent.shop).values()) == {"granted"}
    counts = audience.counts(sent.shop.session, sent.shop.plugin.shop, Choice("email", True, (), None))
    assert counts.get(None, 0) == 0


@pytest.mark.rule("E53")
@pytest.mark.rule("E64")
@pytest.mark.parametrize("name", ["policy", "mailbox_full", "expired"])
def test_a_message_lost_for_another_reason_bounces_and_its_address_stays_good(sent: Sent, name: str) -> None:
    sent.comes_back(name)
    assert sent.row.status == "bounced"
    assert suppressed(sent.shop) == []


@pytest.mark.rule("E60")
@pytest.mark.rule("E66")
@pytest.mark.parametrize("name", ["delayed", "relayed", "forwarded_to_two", "not_spam", "vacation", "reply"])
def test_notes_and_answers_change_nothing(sent: Sent, name: str) -> None:
    assert sent.comes_back(name).startswith("Nothing done: ")
    assert sent.row.status == "sent"
    assert (suppressed(sent.shop), events(sent.shop)) == ([], 0)


@pytest.mark.rule("E14")
@pytest.mark.rule("E68")
@pytest.mark.rule("C44")
def test_a_complaint_ends_the_consent_of_everybody_with_the_address(shop: Shop) -> None:
    shop.publish()
    for email in ("ada@example.com", "Ada@example.com"):
        shop.agreed(email)
    sent = send(shop)
    shop.agreed("bob@example.com")
    done = sent.comes_back("abuse")
    assert done.endswith("complained, consent withdrawn.")
    assert (sent.row.status, sent.row.reason) == ("complained", "abuse")
    assert suppressed(shop) == ["complaint"]
    assert sorted(consents(shop).values()) == ["granted", "withdrawn", "withdrawn"]
    withdrawn = shop.session.scalars(select(ConsentRecord).where(ConsentRecord.action == "withdrawn")).all()
    assert {(record.source, record.actor) for record in withdrawn} == {("complaint", "provider:mail")}


@pytest.mark.rule("E62")
def test_a_forged_message_id_changes_nothing(sent: Sent) -> None:
    right = sent.row.message_id or ""
    digest = right[1:17]
    other = "0" * 16 if digest != "0" * 16 else "1" * 16
    forged = [
        right.replace(digest, other),
        right.replace(".1@", ".2@"),
        right.replace(f".{sent.dispatch.id}.", ".999999999999999999."),
        right.replace("@shop", "@evil"),
        right.replace("@shop", "@müller"),
    ]
    for message_id in forged:
        assert sent.takes(mail("unknown_user", message_id)).startswith("Nothing done: ")
    assert (sent.row.status, suppressed(sent.shop), events(sent.shop)) == ("sent", [], 0)


@pytest.mark.rule("E62")
def test_other_peoples_bounces_suppress_nobody(sent: Sent) -> None:
    for name in REAL:
        assert sent.takes(as_it_came(name)).startswith("Nothing done: ")
    assert (suppressed(sent.shop), events(sent.shop)) == ([], 0)


def test_a_bounce_that_comes_again_does_not_undo_what_an_administrator_mended(sent: Sent) -> None:
    sent.comes_back("unknown_user")
    sent.shop.session.execute(delete(Suppression))
    assert sent.comes_back("unknown_user").endswith(": bounced was reported before.")
    assert (suppressed(sent.shop), events(sent.shop)) == ([], 1)


def test_the_shops_own_copy_is_nobodys_address(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    dispatch = shop.send(shop.newsletter())
    shop.work()
    copy = shop.session.get_one(Delivery, (dispatch.id, 0))
    for name in ("unknown_user", "abuse"):
        incoming.take_mail(shop.session, shop.plugin.keys, mail(name, copy.message_id or ""))
    assert suppressed(shop) == []


@pytest.mark.rule("E12")
@pytest.mark.rule("C44")
def test_a_mail_with_the_token_of_a_message_unsubscribes_its_address(shop: Shop) -> None:
    shop.publish()
    ada = shop.agreed("ada@example.com")
    shop.agreed("Ada@example.com")
    sent, keys = send(shop), shop.plugin.keys
    link = Link(PersonKey("contact", str(ada.id)), "email", keys.address_key("email", "ada@example.com"))
    token = tokens.unsubscribe_token(keys, link)
    rotated = Keys.parse(f"k2:{'fedcba9876543210' * 3},{shop.app.config['WSS_KEYS']}")
    shop.app.extensions[EXTENSION] = replace(shop.plugin, keys=rotated)

    for _twice in range(2):
        assert sent.comes_back("unsubscribe", token=token) == "An address is unsubscribed."

    assert set(consents(shop).values()) == {"withdrawn"}
    assert suppressed(shop) == ["withdrawn"]
    withdrawn = shop.session.scalars(select(ConsentRecord).where(ConsentRecord.action == "withdrawn")).all()
    assert [record.source for record in withdrawn] == ["mailto", "mailto"]


@pytest.mark.rule("E12")
def test_a_forged_token_or_that_of_a_trial_unsubscribes_nobody(sent: Sent) -> None:
    inert = tokens.inert_token(sent.shop.plugin.keys)
    for token in ("A" * 55, inert):
        assert sent.comes_back("unsubscribe", token=token).startswith("Nothing done: ")
    assert suppressed(sent.shop) == []
