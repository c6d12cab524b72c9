"""The variables a newsletter may use, from the shop's own columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric, SelectBase
from sqlalchemy.types import TypeEngine

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
    offered: dict[str, Any] = _examples(shop.contacts())
    offered["partner"] = _examples(shop.partners()) | {"name": _KNOWN["company"]}
    for name in _OWN:
        offered[name] = _KNOWN[name]
    return offered


def names(shop: Shop) -> list[str]:
    """The variables as an administrator writes them."""
    return [name for name, _value in on_offer(shop)]


def on_offer(shop: Shop) -> list[tuple[str, Any]]:
    """The variables as an administrator writes them, each with its made-up value; the partner's last."""
    offered = examples(shop)
    partner = offered.pop("partner")
    return sorted(offered.items()) + sorted((f"partner.{name}", value) for name, value in partner.items())


_KNOWN = {
    "first_name": "Anna",
    "last_name": "Schmidt",
    "name": "Anna Schmidt",
    "company": "Muster GmbH",
    "email": "anna@example.com",
    "phone": "+4915123456789",
    "locale": "de",
    "street": "Hauptstraße 1",
    "postal_code": "12345",
    "city": "Berlin",
    "country": "DE",
}
_BY_TYPE: tuple[tuple[type[TypeEngine[Any]], Any], ...] = (
    (Boolean, True),
    (DateTime, datetime(2026, 5, 17, 9, 30, tzinfo=UTC)),
    (Date, date(2026, 5, 17)),
    (Integer, 42),
    (Numeric, Decimal("19.90")),
)


def _examples(answer: SelectBase) -> dict[str, Any]:
    columns = {name: column for name, column in answer.selected_columns.items() if name not in _HIDDEN}
    return {name: _example(name, column.type) for name, column in columns.items()}


def _example(name: str, of_type: TypeEngine[Any]) -> Any:
    typed = (value for kind, value in _BY_TYPE if isinstance(of_type, kind))
    return _KNOWN.get(name) or next(typed, name.replace("_", " "))


def _plain(value: Any) -> Any:
    if isinstance(value, _SHOWN_AS_THEY_ARE):
        return value
    return "" if value is None else str(value)


_SHOWN_AS_THEY_ARE = (str, int, float, Decimal, date)
