"""The variables a newsletter may use, from the shop's own columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ...directory.people import Person
from ...shop import Shop

_HIDDEN = {"contact_ref", "partner_ref", "is_active", "active", "email_verified", "phone_verified"}

_OWN: dict[str, Callable[[Person], str]] = {
    "first_name": lambda person: person.first_name,
    "last_name": lambda person: person.last_name,
    "name": lambda person: person.name,
    "company": lambda person: person.company,
    "email": lambda person: person.email or "",
    "phone": lambda person: person.phone or "",
}


def of_person(person: Person, **more: str) -> Mapping[str, Any]:
    """A person's values, as plain text, numbers and dates: nothing that Liquid could reach through.

    Each is read when a template asks for it.

    :param more: further values, by name.
    """
    return _OfPerson(person, more)


class _OfPerson(Mapping[str, Any]):
    __slots__ = ("_more", "_partner", "_person")

    def __init__(self, person: Person, more: dict[str, str]) -> None:
        self._person, self._more = person, more
        self._partner: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        if name in self._more:
            return self._more[name]
        if name in _OWN:
            return _OWN[name](self._person)
        if name == "partner":
            if self._partner is None:
                self._partner = _visible(self._person.facts.get("partner", {}))
            return self._partner
        if name in _HIDDEN:
            raise KeyError(name)
        return _plain(self._person.facts[name])

    def __iter__(self) -> Iterator[str]:
        return iter({*self._more, *_OWN, "partner", *(self._person.facts.keys() - _HIDDEN)})

    def __len__(self) -> int:
        return sum(1 for _name in self)


def _visible(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in facts.items() if name not in _HIDDEN}


def examples(shop: Shop) -> dict[str, Any]:
    """Every variable on offer with a made-up value, for checking a text and for the list beside it."""
    contacts, partners = shop.contacts().selected_columns, shop.partners().selected_columns
    offered: dict[str, Any] = {name: _example(name) for name, _column in contacts.items() if name not in _HIDDEN}
    offered["partner"] = {name: _example(name) for name, _column in partners.items() if name not in _HIDDEN}
    for name in _OWN:
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
    if isinstance(value, _SHOWN_AS_THEY_ARE):
        return value
    return "" if value is None else str(value)


_SHOWN_AS_THEY_ARE = (str, int, float, Decimal, date)
