"""Everybody who is left out has one reason, whether a newsletter goes to all or to chosen segments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.consent.deeds import Someone, someone
from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import Shop
from webshop_segments import clock
from webshop_segments.access import WORKER
from webshop_segments.consent import erasure, suppression
from webshop_segments.directory.people import PersonKey
from webshop_segments.segments import audience, sweep
from webshop_segments.segments.audience import Choice

EXPECTED: dict[str, str | None] = {
    "agreed": None,
    "guest": None,
    "of no language": None,
    "twin": "duplicate",
    "inactive": "inactive",
    "in a closed company": "inactive",
    "without address": "no_address",
    "with a blank address": "no_address",
    "silent": "never_asked",
    "forgetful": "never_asked",
    "hesitant": "pending",
    "back out": "withdrawn",
    "unsubscribed": "withdrawn",
    "of the old text": "needs_renewal",
    "of the ended channel": "channel_ended",
    "bounced": "bounced",
    "annoyed": "complained",
    "blocked": "suppressed",
    "moved": "address_changed",
    "French": "other_language",
}


class Cast:
    """One person per reason; ``keys`` tells who is who."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.rows = shop, dict[str, Any]()
        self.keys = dict[str, PersonKey]()
        shop.publish("email")
        self.joins("of the ended channel").give()
        shop.publish("sms", end_removed=True)
        shop.publish("email", "sms")
        self.joins("of the old text").give()
        shop.publish("email", "sms", change="material")
        self.joins("silent")
        self.joins("hesitant").request()
        self.joins("back out").give()
        Someone(shop, self.keys["back out"], self.address("back out")).withdraw()
        self.joins("unsubscribed").give()
        Someone(shop, self.keys["unsubscribed"], self.address("unsubscribed")).unsubscribe()
        with time_machine.travel(clock.now() - timedelta(days=8)):
            self.joins("forgetful").request()
        erasure.expire_requests(shop.session, WORKER)
        self.agreeing()

    def agreeing(self) -> None:
        """Those who agreed to the current text, most of them with something that came after."""
        shop = self.shop
        guest = subscriber(shop, "guest@example.com", locale="de")
        self.keys["guest"], self.rows["guest"] = PersonKey("subscriber", str(guest.id)), guest
        Someone(shop, self.keys["guest"], "guest@example.com").give()
        for name in ("agreed", "inactive", "in a closed company", "without address", "with a blank address", "moved"):
            self.joins(name).give()
        self.joins("of no language", locale=None).give()
        self.joins("French", locale="fr_FR").give()
        self.joins("twin", email=self.address("agreed").upper()).give()
        for name, reason in (
            ("bounced", suppression.BOUNCED),
            ("annoyed", suppression.COMPLAINT),
            ("blocked", "withdrawn"),
        ):
            key = self.joins(name)
            key.give()
            suppression.suppress(shop.session, "email", key.address().key, reason)
        self.rows["inactive"].is_active = False
        self.company("in a closed company").is_active = False
        self.rows["without address"].email = None
        self.rows["with a blank address"].email = "  "
        self.rows["moved"].email = "elsewhere@example.com"
        shop.session.flush()

    def joins(self, name: str, email: str | None = None, **values: Any) -> Someone:
        one = someone(self.shop, email or self.address(name), **{"locale": "de-AT"} | values)
        self.keys[name] = one.key
        self.rows[name] = self.shop.session.get(self.shop.Customer, int(one.key.ref))
        return one

    def company(self, name: str) -> Any:
        return self.shop.session.get(self.shop.Company, self.rows[name].company_id)

    @staticmethod
    def address(name: str) -> str:
        return f"{name.replace(' ', '.')}@example.com"


@pytest.fixture
def cast(shop: Shop) -> Cast:
    return Cast(shop)


def reasons(cast: Cast, choice: Choice) -> dict[str, str | None]:
    rows = cast.shop.session.execute(audience.people(cast.shop.plugin.shop, choice)).all()
    found = {PersonKey(row.kind, row.ref): row.reason for row in rows}
    assert len(found) == len(rows), "somebody is there twice"
    named = {name: found[key] for name, key in cast.keys.items() if key in found}
    if named["agreed"] == "duplicate":
        named["agreed"], named["twin"] = named["twin"], named["agreed"]  # either of the two accounts may be the one
    return named


@pytest.mark.rule("W43")
@pytest.mark.rule("W46")
def test_of_everybody_each_has_the_reason_expected(cast: Cast) -> None:
    everybody = Choice("email", everybody=True, language="de")

    assert reasons(cast, everybody) == EXPECTED
    assert sum(audience.counts(cast.shop.session, cast.shop.plugin.shop, everybody).values()) == len(EXPECTED)


@pytest.mark.rule("W43")
def test_choosing_segments_leaves_each_reason_as_it_is(cast: Cast) -> None:
    rows = [row for name, row in cast.rows.items() if name != "guest"]
    first = segment(cast.shop, "First", *map(partner, rows[::2]), subscribed(cast.rows["guest"]))
    second = segment(cast.shop, "Second", *map(partner, rows[::3]), *map(partner, rows[1::2]))
    chosen = Choice("email", False, (first.id, second.id), "de")

    assert reasons(cast, chosen) == EXPECTED
    assert sum(audience.counts(cast.shop.session, cast.shop.plugin.shop, chosen).values()) == len(EXPECTED)


def test_on_another_channel_the_same_people_were_never_asked(cast: Cast) -> None:
    found = reasons(cast, Choice("sms", everybody=True))

    assert set(found.values()) == {"never_asked", "inactive", "no_address"}
    assert found["guest"] == "no_address"


@pytest.mark.rule("W48")
def test_without_a_language_nobody_is_left_out_for_it(cast: Cast) -> None:
    assert reasons(cast, Choice("email", everybody=True)) == EXPECTED | {"French": None}


@pytest.mark.rule("C18")
def test_a_change_of_case_only_the_sweep_has_not_seen_yet_waits_for_it(cast: Cast) -> None:
    cast.rows["agreed"].email = "Agreed@EXAMPLE.com"
    cast.shop.session.flush()
    assert reasons(cast, Choice("email", everybody=True))["twin"] is None

    assert sweep.sweep(cast.shop.session, cast.shop.plugin).retyped == 1

    assert reasons(cast, Choice("email", everybody=True, language="de")) == EXPECTED
