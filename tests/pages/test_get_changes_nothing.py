"""GET and HEAD change nothing, anywhere: mail scanners and browsers fetch whatever they see (law 3, C14, E07)."""

from __future__ import annotations

import pytest
from werkzeug.routing import Rule

from tests.shops import ANNA, Shop, Statements
from webshop_segments.consent import tokens
from webshop_segments.consent.tokens import Link
from webshop_segments.directory.partners import MemberKey
from webshop_segments.directory.people import PersonKey
from webshop_segments.segments import members, operations


@pytest.mark.rule("E07")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_page_writes_when_it_is_only_looked_at(shop: Shop, method: str) -> None:
    shop.publish("email", "sms")
    person = shop.agreed("a@example.com")
    segment = operations.add(shop.session, "Regulars", ANNA)
    members.add(shop.session, shop.plugin.shop, segment, [MemberKey("partner", str(person.company_id))], ANNA)
    newsletter = shop.newsletter()
    dispatch = shop.send(newsletter)
    keys = shop.plugin.keys
    link = Link(PersonKey("contact", str(person.id)), "email", keys.address_key("email", "a@example.com"))
    values = {
        "segment_id": segment.id,
        "newsletter_id": newsletter.id,
        "dispatch_id": dispatch.id,
        "number": 1,
        "kind": "contact",
        "ref": str(person.id),
        "channel": "email",
        "administrator_id": 1,
    }
    looked = 0
    for rule in _pages(shop):
        token = tokens.unsubscribe_token(keys, link) if "/u/" in rule.rule else tokens.confirmation_token(keys, 1)
        url = rule.build({name: {**values, "token": token}[name] for name in rule.arguments})
        assert url is not None
        with Statements(shop.plugin.engine) as statements:
            answer = shop.app.test_client().open(url[1], method=method)
        assert answer.status_code < 500, url
        writes = [line for line in statements.texts if line.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
        assert writes == [], f"{method} {url[1]} writes"
        looked += 1
    assert looked > 20


def _pages(shop: Shop) -> list[Rule]:
    ours = ("wss_admin.", "wss_public.")
    return [
        rule
        for rule in shop.app.url_map.iter_rules()
        if rule.endpoint.startswith(ours) and "GET" in (rule.methods or ()) and not rule.endpoint.endswith(".static")
    ]
