"""Refs: our canonical text of the host's primary keys, and the way back to the native value.

Integer, UUID and text keys are supported. A ref never carries a foreign key: the host's tables stay the host's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, SQLColumnExpression, String, Uuid, cast, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from .errors import ConfigurationError, Refused
from .i18n import _


def kind_of(key_type: TypeEngine[Any]) -> str:
    """'integer', 'uuid' or 'text' for a key column's type.

    :raises ConfigurationError: for any other type.
    """
    plain: Any = key_type.impl_instance if isinstance(key_type, TypeDecorator) else key_type
    for kind, types in (("integer", Integer), ("uuid", Uuid), ("text", String)):
        if isinstance(plain, types):
            return kind
    raise ConfigurationError(
        f"Keys of type {plain!r} cannot be used as refs; map an integer, UUID or text column instead."
    )


def key_of(key_type: TypeEngine[Any], ref: str) -> Any:
    """The native value behind a ref.

    :raises Refused: (404) when the text is no canonical ref of that type.
    """
    for value in keys_of(key_type, [ref]):
        return value
    raise Refused(_("“%(number)s” is not the number of anybody in this shop.", number=ref), status=404)


def keys_of(key_type: TypeEngine[Any], refs: Iterable[str]) -> list[Any]:
    """The native values behind refs, without those that are no canonical refs of that type: nobody has them."""
    kind = kind_of(key_type)
    values = [value for ref in refs if (value := _value(kind, ref)) is not None]
    given_as_text = isinstance(key_type, Uuid) and not key_type.as_uuid
    return [text_of(value) for value in values] if given_as_text else values


def _value(kind: str, ref: str) -> Any:
    try:
        value: Any = {"integer": int, "uuid": uuid.UUID, "text": str}[kind](ref)
    except ValueError:
        return None
    too_large = kind == "integer" and not -(2**63) <= value < 2**63
    # PostgreSQL knows no text with a NUL in it.
    return None if too_large or "\0" in ref or text_of(value) != ref else value


def text_of(value: Any) -> str:
    """The ref of a native value that came out of the database."""
    return str(value)


class ref_of(FunctionElement[str]):
    """A key column as ref. UUIDs differ: PostgreSQL prints hyphens, SQLAlchemy stores 32 hex digits on SQLite."""

    type = String()
    inherit_cache = True
    name = "ref_of"

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column, literal(kind_of(column.type)))
        self.column = column


@compiles(ref_of)
def _cast_to_text(element: ref_of, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(cast(list(element.clauses)[0], String), **kw))


@compiles(ref_of, "sqlite")
def _sqlite_text(element: ref_of, compiler: Any, **kw: Any) -> str:
    column = list(element.clauses)[0]
    if kind_of(column.type) != "uuid":
        return _cast_to_text(element, compiler, **kw)
    text = compiler.process(column, **kw)
    cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return "(" + " || '-' || ".join(f"substr({text}, {start}, {size})" for start, size in cuts) + ")"


def key_from(ref: SQLColumnExpression[str], key_type: TypeEngine[Any]) -> ColumnElement[Any]:
    """A stored ref as native key, so that a join finds the host's rows by their primary key."""
    kind = kind_of(key_type)
    if kind == "integer":
        return cast(ref, BigInteger)
    if kind == "uuid":
        return uuid_from(ref)
    return cast(ref, String)


class uuid_from(FunctionElement[uuid.UUID]):
    """A stored ref as UUID key."""

    type = Uuid()
    inherit_cache = True
    name = "uuid_from"


@compiles(uuid_from)
def _cast_to_uuid(element: uuid_from, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(cast(list(element.clauses)[0], Uuid), **kw))


@compiles(uuid_from, "sqlite")
def _sqlite_uuid(element: uuid_from, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(func.replace(list(element.clauses)[0], "-", ""), **kw))
