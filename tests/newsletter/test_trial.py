"""A trial goes to whom it is sent, marked, needs no consent, counts nowhere, and unsubscribes nobody (W45)."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from tests.shops import ANNA, Shop
from webshop_segments import Refused
from webshop_segments.consent import tokens
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.directory import people
from webshop_segments.directory.people import Person
from webshop_segments.newsletter import trial
from webshop_segments.newsletter.models import Delivery


@pytest.fixture
def person(shop: Shop) -> Person:
    customer = shop.customer("ada@example.com")
    found = people.get(shop.session, shop.plugin.shop, people.PersonKey("contact", str(customer.id)))
    assert found is not None
    return found


@pytest.mark.rule("W45")
def test_a_trial_by_mail_is_marked_personal_and_inert(shop: Shop, person: Person) -> None:
    to = trial.send(shop.session, shop.plugin, shop.newsletter(), person, "Boss@EXAMPLE.com", ANNA)
    shop.session.commit()
    shop.work()

    assert to == "Boss@example.com"
    (message,) = shop.email.sent
    mail = message_from_bytes(message.content, policy=policy.default)
    assert mail["Subject"] == "[Trial] Hello Ada"
    assert "List-Unsubscribe" not in mail
    token = re.findall(rb"/u/([\w-]+)", message.content.replace(b"=\r\n", b""))[0].decode()
    assert tokens.is_inert(shop.plugin.keys, token)
    for table in (ConsentRecord, Delivery):
        assert shop.session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.rule("W45")
def test_a_trial_by_sms_is_marked_too(shop: Shop, person: Person) -> None:
    newsletter = shop.newsletter("sms", subject="", body="Hi {{ first_name }}")
    trial.send(shop.session, shop.plugin, newsletter, person, "0151 23456789", ANNA)
    shop.session.commit()
    shop.work()
    (message,) = shop.sms.sent
    assert message.address == "+4915123456789"
    assert message.content.decode().startswith("[Trial] Hi Ada")


def test_a_trial_to_nowhere_is_refused_with_a_sentence(shop: Shop, person: Person) -> None:
    with pytest.raises(Refused, match="is no e-mail address"):
        trial.send(shop.session, shop.plugin, shop.newsletter(), person, "nowhere", ANNA)
