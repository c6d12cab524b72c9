"""Port 1: the host shop, read where it stands.

A shop answers with SELECTs of named columns. Key columns (``contact_ref``, ``partner_ref``, ``order_ref``)
hold the host's own keys; :mod:`.refs` turns them into our text refs and back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric, SelectBase, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from .errors import ConfigurationError
from .refs import kind_of


class Shop(Protocol):
    """What the plugin asks of a webshop. Every further column of an answer is a *fact*."""

    def contacts(self) -> SelectBase:
        """One row per person and partner; columns as in :data:`CONTACT`."""

    def partners(self) -> SelectBase:
        """One row per company or private customer; columns as in :data:`PARTNER`."""

    def orders(self) -> SelectBase | None:
        """One row per order; columns as in :data:`ORDER`. None where the shop shows none."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a named column must hold: 'key', 'text', 'yes/no', 'time' or 'amount'."""

    holds: str
    required: bool = False


CONTACT: Mapping[str, Column] = {
    "contact_ref": Column("key", required=True),
    "partner_ref": Column("key", required=True),
    "email": Column("text", required=True),
    "phone": Column("text", required=True),
    "is_active": Column("yes/no", required=True),
    "email_verified": Column("yes/no"),
    "phone_verified": Column("yes/no"),
    "first_name": Column("text"),
    "last_name": Column("text"),
    "locale": Column("text"),
}
PARTNER: Mapping[str, Column] = {
    "partner_ref": Column("key", required=True),
    "name": Column("text", required=True),
    "is_active": Column("yes/no", required=True),
    **{name: Column("text") for name in ("kind", "email", "phone", "tax_number", "street", "postal_code")},
    **{name: Column("text") for name in ("city", "country", "type", "status")},
    "created_at": Column("time"),
}
ORDER: Mapping[str, Column] = {
    "order_ref": Column("key", required=True),
    "partner_ref": Column("key", required=True),
    "contact_ref": Column("key"),
    "placed_at": Column("time", required=True),
    "total": Column("amount", required=True),
    "currency": Column("text"),
    "state": Column("text"),
    "type": Column("text"),
}

_HOLDS: Mapping[str, tuple[type[TypeEngine[Any]], ...]] = {
    "text": (String,),
    "yes/no": (Boolean,),
    "time": (DateTime, Date),
    "amount": (Numeric, Integer),
}


def check(shop: Shop) -> None:
    """Refuse a wrong wiring.

    :raises ConfigurationError: naming every missing or mistyped column and the method it belongs to.
    """
    faults = [*_faults("contacts", shop.contacts(), CONTACT), *_faults("partners", shop.partners(), PARTNER)]
    orders = shop.orders()
    if orders is not None:
        faults += _faults("orders", orders, ORDER)
    if not faults:
        ours, theirs = (answer.selected_columns["partner_ref"].type for answer in (shop.contacts(), shop.partners()))
        if kind_of(ours) != kind_of(theirs):
            faults = [f"contacts(): partner_ref is {ours!r}, but partners() has {theirs!r}; both must be one type"]
    if faults:
        raise ConfigurationError("The shop is wired wrongly. " + ". ".join(faults) + ".")


def _faults(method: str, answer: SelectBase, wanted: Mapping[str, Column]) -> Iterator[str]:
    given = answer.selected_columns
    for name, column in wanted.items():
        if name not in given:
            if column.required:
                yield f"{method}(): column {name} ({column.holds}) is missing"
        elif not _holds(given[name].type, column.holds):
            yield f"{method}(): column {name} must hold {column.holds}, but is {given[name].type!r}"


def _holds(given: TypeEngine[Any], wanted: str) -> bool:
    if wanted == "key":
        try:
            return bool(kind_of(given))
        except ConfigurationError:
            return False
    plain: Any = given.impl_instance if isinstance(given, TypeDecorator) else given
    return isinstance(plain, _HOLDS[wanted])


def facts(answer: SelectBase, known: Mapping[str, Column]) -> list[str]:
    """The names of the host's further columns, offered as newsletter variables."""
    return [name for name, _column in answer.selected_columns.items() if name not in known]


def key_type(answer: SelectBase, name: str) -> TypeEngine[Any]:
    """The type of a key column, by which refs are turned back into native keys."""
    column_type: TypeEngine[Any] = answer.selected_columns[name].type
    return column_type
