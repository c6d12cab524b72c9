"""The variables a newsletter may use, from the shop's own columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..directory.people import Person
from ..shop import Shop

_HIDDEN = {"contact_ref", "partner_ref", "is_active", "active", "email_verified", "phone_verified"}


def of_person(person: Person) -> dict[str, Any]:
    """A person's values, as plain text, numbers and dates: nothing that Liquid could reach through."""
    facts = {name: _plain(value) for name, value in person.facts.items() if name not in _HIDDEN}
    partner = person.facts.get("partner", {})
    facts["partner"] = {name: _plain(value) for name, value in partner.items() if name not in _HIDDEN}
    facts |= {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": person.name,
        "company": person.company,
        "email": person.email or "",
        "phone": person.phone or "",
    }
    return facts


def examples(shop: Shop) -> dict[str, Any]:
    """Every variable on offer with a made-up value, for checking a text and for the list beside it."""
    contacts, partners = shop.contacts().selected_columns, shop.partners().selected_columns
    offered: dict[str, Any] = {name: _example(name) for name, _column in contacts.items() if name not in _HIDDEN}
    offered["partner"] = {name: _example(name) for name, _column in partners.items() if name not in _HIDDEN}
    for name in ("first_name", "last_name", "name", "company", "email", "phone"):
        offered[name] = _example(name)
    return offered


def names(shop: Shop) -> list[str]:
    """The variables as an administrator writes them."""
    offered = examples(shop)
    flat = [name for name, value in offered.items() if not isinstance(value, Mapping)]
    return sorted(flat) + sorted(f"partner.{name}" for name in offered["partner"])


def _example(name: str) -> str:
    return {
        "first_name": "Anna",
        "last_name": "Schmidt",
        "name": "Anna Schmidt",
        "company": "Muster GmbH",
        "email": "anna@example.com",
        "phone": "+4915123456789",
    }.get(name, name.replace("_", " "))


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str | int | float | bool | Decimal | date | datetime):
        return value
    return str(value)
