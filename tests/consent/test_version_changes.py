"""What a new version means for consents given before: valid, to be renewed, or ended by the shop."""

from __future__ import annotations

import pytest

from tests.consent.deeds import someone
from tests.shops import Shop
from webshop_segments.consent import versions
from webshop_segments.segments import audience
from webshop_segments.segments.audience import Choice


def reached(shop: Shop, channel: str = "email") -> int:
    return audience.counts(shop.session, shop.plugin.shop, Choice(channel, everybody=True)).get(None, 0)


@pytest.mark.rule("C31")
def test_a_channel_that_is_added_is_not_inherited(shop: Shop) -> None:
    shop.publish("email")
    people = [someone(shop, f"p{number}@example.com") for number in range(100)]
    for person in people:
        person.give()

    shop.publish("email", "sms")
    assert (reached(shop, "email"), reached(shop, "sms")) == (100, 0)

    people[0].give("sms")
    assert (reached(shop, "email"), reached(shop, "sms")) == (100, 1)


@pytest.mark.rule("C30")
def test_an_editorial_change_leaves_every_consent_valid(shop: Shop) -> None:
    shop.publish()
    ada = someone(shop)
    ada.give()

    shop.publish(change=versions.EDITORIAL)

    assert (ada.status(), reached(shop)) == ("granted", 1)


@pytest.mark.rule("C30")
@pytest.mark.rule("W25")
def test_after_a_material_change_nobody_counts_until_asked_again(shop: Shop) -> None:
    shop.publish()
    ada, bob = someone(shop), someone(shop, "bob@example.com")
    ada.give()
    bob.give()

    shop.publish(change=versions.MATERIAL)
    shop.publish(change=versions.EDITORIAL)

    assert (ada.status(), reached(shop)) == ("needs_renewal", 0)
    ada.give()
    assert (ada.status(), bob.status(), reached(shop)) == ("granted", "needs_renewal", 1)


@pytest.mark.rule("C32")
def test_a_removed_channel_keeps_its_consents_unless_the_shop_ends_them(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada = someone(shop)
    ada.give("email")

    shop.publish("sms", end_removed=False)

    assert (ada.status(), reached(shop)) == ("granted", 1)
    assert not versions.collects(shop.session, "email")


@pytest.mark.rule("C32")
def test_ending_a_removed_channel_ends_its_consents_and_requests_only(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada, bob, eve = (someone(shop, f"{name}@example.com") for name in ("ada", "bob", "eve"))
    ada.give("email")
    ada.give("sms")
    bob.request("email")
    eve.give("email")
    eve.withdraw("email")

    shop.publish("sms", end_removed=True)

    assert [person.status("email") for person in (ada, bob, eve)] == ["ended", "ended", "withdrawn"]
    assert ada.status("sms") == "granted"
    assert ada.history() == ["granted", "granted", "ended"]
    assert not bob.confirm()
    assert (bob.status(), reached(shop)) == ("ended", 0)


@pytest.mark.rule("W25")
def test_a_channel_that_comes_back_is_asked_for_anew(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada = someone(shop)
    ada.give("email")
    shop.publish("sms", end_removed=True)

    shop.publish("email", "sms")

    assert ada.status() == "ended"
    ada.give()
    assert ada.status() == "granted"
