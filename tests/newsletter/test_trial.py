"""A trial goes to whom it is sent, marked, needs no consent, counts nowhere, and unsubscribes nobody (W45)."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from tests.shops import ANNA, Shop
from webshop_segments import Refused
from webshop_segments.consent import suppression, tokens
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.directory import people
from webshop_segments.directory.people import Person
from webshop_segments.newsletter import trial
from webshop_segments.newsletter.models import Delivery
from webshop_segments.newsletter.sms_parts import measure


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


@pytest.mark.rule("W45")
def test_a_trial_goes_to_the_address_typed_in_even_where_it_is_blocked(shop: Shop, person: Person) -> None:
    key = shop.plugin.keys.address_key("email", "boss@example.com")
    suppression.suppress(shop.session, "email", key, "complaint")
    trial.send(shop.session, shop.plugin, shop.newsletter(), person, "boss@example.com", ANNA)
    shop.session.commit()
    shop.work()
    assert [message.address for message in shop.email.sent] == ["boss@example.com"]


@pytest.mark.rule("W45")
@pytest.mark.parametrize(
    ("channel", "to", "sentence"),
    [
        ("email", "nowhere", "is no e-mail address"),
        ("sms", "030 123456", "is no mobile number"),
        ("whatsapp", "0151 23456789", "this channel is not set up"),
    ],
)
def test_a_trial_to_nowhere_is_refused_with_a_sentence(
    shop: Shop, person: Person, channel: str, to: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        trial.send(shop.session, shop.plugin, shop.newsletter(channel), person, to, ANNA)


@pytest.mark.rule("W41")
def test_an_sms_is_counted_as_it_will_leave_with_a_link_of_the_real_length(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada = shop.agreed("ada@example.com", "sms", phone="+4915123456789", phone_verified=True, first_name="Ada" * 25)
    person = people.get(shop.session, shop.plugin.shop, people.PersonKey("contact", str(ada.id)))
    assert person is not None
    newsletter = shop.newsletter("sms", subject="", body="Hi {{ first_name }}")
    counted = trial.preview(shop.plugin, newsletter, person).measure
    shop.send(newsletter, control_copy=False)
    shop.work()
    assert counted == measure(shop.sms.sent[0].content.decode())
    assert counted is not None
    assert counted.parts == 2
    assert trial.preview(shop.plugin, shop.newsletter(), person).measure is None
