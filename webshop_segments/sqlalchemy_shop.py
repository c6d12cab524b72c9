"""The shop port over the host's mapped classes and a mapping of their columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, SelectBase, Table, inspect, select
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.sql import visitors

from .errors import ConfigurationError


class Columns:
    """A mapped class and, for each column of the port, the attribute's name or an SQL expression.

    ``Columns(Customer, contact_ref="id", is_active=Customer.closed_at.is_(None), birthday="birthday")``;
    names the port does not know are facts.
    """

    def __init__(self, model: type[Any], **columns: str | ColumnElement[Any]) -> None:
        self.model = model
        self.columns = columns

    def select(self, method: str) -> SelectBase:
        """:raises ConfigurationError: for a class that is not mapped, or a column it does not have."""
        try:
            inspect(self.model)
        except NoInspectionAvailable:
            raise ConfigurationError(f"{method}: {self.model!r} is not a mapped class.") from None
        labelled = [self._expression(method, name, source).label(name) for name, source in self.columns.items()]
        return select(*labelled).select_from(self.model)

    def _expression(self, method: str, name: str, source: str | ColumnElement[Any]) -> Any:
        if not isinstance(source, str):
            return source
        expression = getattr(self.model, source, None)
        if not hasattr(expression, "label") or source in inspect(self.model).relationships:
            raise ConfigurationError(
                f"{method}: {name}={source!r}, but {self.model.__name__} has no column of that name."
            )
        return expression


class SQLAlchemyShop:
    """A shop whose customers are mapped with SQLAlchemy.

    Companies with employees give two classes; a shop with one User table gives the same class twice, with
    ``partner_ref`` and ``contact_ref`` both its key. Where a row needs a join, pass a SELECT with the port's
    names as labels in place of :class:`Columns`.
    """

    def __init__(
        self,
        *,
        contacts: Columns | SelectBase,
        partners: Columns | SelectBase,
        orders: Columns | SelectBase | None = None,
    ) -> None:
        self._contacts = _answer("contacts", contacts)
        self._partners = _answer("partners", partners)
        self._orders = None if orders is None else _answer("orders", orders)

    def contacts(self) -> SelectBase:
        return self._contacts

    def partners(self) -> SelectBase:
        return self._partners

    def orders(self) -> SelectBase | None:
        return self._orders


def _answer(method: str, given: Columns | SelectBase) -> SelectBase:
    answer = given.select(method) if isinstance(given, Columns) else given
    if not isinstance(answer, SelectBase):
        raise ConfigurationError(f"{method}: give Columns(…) or a SELECT, not {given!r}.")
    for part in visitors.iterate(answer):
        if isinstance(part, Table) and part.metadata.info.get("bind_key") is not None:
            raise ConfigurationError(
                f"{method}: the table {part.name} lives in another bind (another database) than the plugin's tables; "
                "one statement cannot read both. Take a table of the default bind."
            )
    return answer
