"""No page of the panel gives a consent: an administrator can withdraw one, and that is all (W27)."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.consent.deeds import Someone, someone
from tests.shops import ANNA, Shop
from tests.support.source import modules
from webshop_segments import storefront
from webshop_segments.access import Actor
from webshop_segments.consent import choices, ledger
from webshop_segments.consent.choices import Shown
from webshop_segments.consent.ledger import Entry
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.directory.partners import MemberKey
from webshop_segments.segments import members, operations

pytestmark = pytest.mark.rule("W27")

CHANNELS = ("email", "sms", "whatsapp", "phone")
PUBLIC = ("public", "preferences", "signup")
"""Views for the person herself, at the end of a link she was sent."""

GIVING = ("requested", "confirmed", "granted")


@pytest.mark.once
def test_no_view_of_the_panel_calls_what_gives() -> None:
    givers = {"choices.give", "choices.request", "choices.confirm", "choices.confirm_code", "submission.take"}
    givers |= {"ledger.record", "ledger.record_all", "storefront.record", "storefront.give_sample"}
    calls = [
        module.at(call)
        for module in modules()
        if module.room == "blueprints" and not module.name.endswith(PUBLIC)
        for call, name in module.calls()
        if name in givers
    ]
    assert not calls


def test_whatever_is_posted_to_whatever_route_nobody_agrees_by_it(shop: Shop, client: FlaskClient) -> None:
    shop.publish(*CHANNELS)
    ada = someone(shop)
    ada.request("sms")
    row = shop.session.get(shop.Customer, int(ada.key.ref))
    segment = operations.add(shop.session, "Regulars", ANNA)
    members.add(shop.session, shop.plugin.shop, segment, [MemberKey("partner", str(row.company_id))], ANNA)
    newsletter = shop.newsletter()
    shop.session.commit()
    values = {
        "segment_id": segment.id,
        "newsletter_id": newsletter.id,
        "number": 1,
        "kind": "contact",
        "ref": ada.key.ref,
        "channel": "email",
    }
    posted = consent_form(shop, ada) | {"id": "1", "kind": "contact", "ref": ada.key.ref, "channel": "email"}

    tried = 0
    for rule in shop.app.url_map.iter_rules():
        if not rule.endpoint.startswith("wss_admin.") or rule.endpoint.endswith(("static", "logout")):
            continue
        words = {name: word for word, name in re.findall(r"<any\((\w+)[^>]*:(\w+)>", rule.rule)}
        url = rule.build({name: values.get(name, words.get(name, 1)) for name in rule.arguments})
        assert url is not None
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS", "GET"}:
            assert client.open(url[1], method=method, data=posted).status_code < 500, url
            tried += 1

    assert tried > 10
    shop.session.rollback()
    given = select(ConsentRecord.action, ConsentRecord.channel).where(ConsentRecord.action.in_(GIVING))
    assert shop.session.execute(given).all() == [("requested", "sms")]


def consent_form(shop: Shop, person: Someone) -> dict[str, str]:
    """What the person's own profile page would post with every box ticked."""
    with shop.app.test_request_context():
        html = str(storefront.consent_fields("profile", contact_ref=person.key.ref))
    token = html.partition('name="consent_token" value="')[2].partition('"')[0]
    assert token
    return {"consent_token": token} | {f"consent_{channel}": "1" for channel in CHANNELS}


@pytest.mark.parametrize("kind", ["administrator", "staff"])
def test_the_ledger_itself_takes_no_account_holders_consent_from_an_administrator(shop: Shop, kind: str) -> None:
    version = shop.publish(*CHANNELS)
    ada, author = someone(shop), Actor(kind, "1", "Anna")

    for action in GIVING:
        entry = Entry(ada.key, action, "email", "administrator", author, ada.address(), version, "en")
        with pytest.raises(ValueError, match="never gives"):
            ledger.record(shop.session, entry)
    with pytest.raises(ValueError, match="never gives"):
        choices.give(shop.session, ada.key, "email", ada.address(), Shown(version, "en", "profile"), author)

    assert shop.session.scalars(select(ConsentRecord)).all() == []
    ada.give()
    assert choices.withdraw(shop.session, ada.key, "email", "administrator", author)
