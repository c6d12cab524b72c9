"""Messages compiled without a shop: what is written and who gets it, given directly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from webshop_segments.consent.tokens import Link
from webshop_segments.directory.people import Person, PersonKey
from webshop_segments.keys import Keys
from webshop_segments.newsletter.message import template
from webshop_segments.newsletter.message.compiled import CompiledMessage, Recipient
from webshop_segments.newsletter.models import Dispatch
from webshop_segments.settings import Settings

KEYS = Keys.parse("k1:" + "0123456789abcdef" * 3)
SETTINGS = Settings.read({"WSS_PUBLIC_URL": "https://shop.example"})
ADA = PersonKey("contact", "7")


def draft(**values: Any) -> Dispatch:
    """A dispatch by e-mail whose layouts hold nothing but the body."""
    content = {
        "id": 1,
        "request_key": "draft",
        "channel": "email",
        "subject": "News",
        "body": "Look.",
        "layout_html": "[[wss-content]]",
        "layout_text": "[[wss-content]]",
        "sender_name": "Test shop",
        "sender_address": "news@shop.example",
    }
    return Dispatch(**content | values)


def compiled(mark: str = "", **values: Any) -> CompiledMessage:
    return CompiledMessage(draft(**values), KEYS, SETTINGS, mark=mark)


def recipient(address: str = "ada@example.com", facts: dict[str, Any] | None = None, **values: Any) -> Recipient:
    given = {"first_name": "Ada", "last_name": "Young", "company": "Bikes Ltd", "locale": None, "phone": None}
    given |= {"email": address, "is_active": True, "email_verified": True, "phone_verified": False}
    return Recipient(3, address, Person(key=ADA, facts=facts or {}, **given | values), Link(ADA, "email", "ab" * 16))


def plain_values(compiled: CompiledMessage, to: Recipient) -> dict[str, Any]:
    """Every variable, read at once."""
    person = to.person
    return _visible(person.facts) | {
        "partner": _visible(person.facts.get("partner", {})),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": person.name,
        "company": person.company,
        "email": person.email,
        "phone": "",
        "wss_unsubscribe_url": compiled.unsubscribe_url(to),
    }


def plain_text(source: str, values: dict[str, Any], *, escape: bool = False) -> str:
    """The template as Liquid renders it."""
    return template.render(template.parse(source, escape=escape), values)


_HIDDEN = {"contact_ref", "partner_ref", "is_active", "active", "email_verified", "phone_verified"}
_SHOWN_AS_THEY_ARE = (str, int, float, Decimal, date)


def _visible(facts: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: "" if value is None else value for name, value in facts.items() if name not in _HIDDEN}
    return {name: value if isinstance(value, _SHOWN_AS_THEY_ARE) else str(value) for name, value in given.items()}
