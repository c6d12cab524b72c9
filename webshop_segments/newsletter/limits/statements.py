"""The statements that count, each built once for a dialect: building one takes ten times as long as running it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Executable,
    Insert,
    String,
    Table,
    and_,
    bindparam,
    case,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from ...db import rows_given
from .models import LimitWindow

_WINDOW = cast(Table, LimitWindow.__table__)
_row = _WINDOW.c


class clock(FunctionElement[int]):
    """The database's clock in milliseconds since 1970, or what is given instead of it."""

    type = BigInteger()
    inherit_cache = True
    name = "clock"

    def __init__(self) -> None:
        super().__init__(bindparam("now", type_=BigInteger))


@compiles(clock, "postgresql")
def _postgresql_clock(element: clock, compiler: Any, **kw: Any) -> str:
    given = compiler.process(element.clauses, **kw)
    return f"coalesce({given}, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT))"


@compiles(clock, "sqlite")
def _sqlite_clock(element: clock, compiler: Any, **kw: Any) -> str:
    # julianday counts days from a noon; 1970 began at 2440587.5.
    given = compiler.process(element.clauses, **kw)
    return f"coalesce({given}, CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))"


TIME = select(clock())

AGE = select(_row.started - _row.since).where(
    _row.channel == bindparam("of_channel"), _row.domain == "", _row.rule == bindparam("of_rule")
)
"""How long after the first a window of the whole channel began."""

_now = select(clock().label("now")).subquery("clock")
HELD = select(_now.c.now, _WINDOW).select_from(
    _now.outerjoin(_WINDOW, and_(_row.channel == bindparam("of_channel"), _row.held_until > _now.c.now))
)
"""The time, and the rows of which nothing was left, or which rest."""


@cache
def lock(dialect: str) -> Insert:
    """Rows are made where they are missing and locked where not, and begin a new window where the last one is over.

    All are taken in one order, so that workers never wait for each other in a ring. ON CONFLICT DO UPDATE locks a row
    also where its WHERE lets nothing be written.
    """
    rows = rows_given(dialect, "rows", {"domain": String, "rule": String, "started": BigInteger, "ends": BigInteger}).c
    new = _insert(dialect).from_select(
        ["channel", "since", "domain", "rule", "started", "ends"],
        select(bindparam("of_channel", type_=String), bindparam("at", type_=BigInteger), *rows).order_by(
            rows.domain, rows.rule
        ),
    )
    begun = {"started": new.excluded.started, "ends": new.excluded.ends, "used": 0}
    return _on_conflict(new, begun, _row.ends <= new.excluded.started)


@cache
def take(dialect: str) -> Executable:
    """As much as is left in the windows of a rule's rows, in one conditional UPDATE; tells how much that was."""
    rows = rows_given(dialect, "rows", {"domain": String, "count": BigInteger, "most": BigInteger}).c
    left = rows.most - _row.used
    granted = case((left <= 0, 0), (left < rows.count, left), else_=rows.count)
    later = bindparam("lasts_until", type_=BigInteger)
    ends = case((and_(left > 0, _row.ends < later), later), else_=_row.ends)
    return (
        update(_WINDOW)
        .where(_of_rule(), _row.domain == rows.domain)
        .values(
            used=_row.used + granted,
            granted=granted,
            ends=ends,
            held_until=case((left <= rows.count, ends), else_=_row.held_until),
        )
        .returning(_row.domain, _row.granted)
    )


@cache
def put_back(dialect: str) -> Executable:
    """Only into windows that had begun by then; one that is empty again has not begun."""
    rows = rows_given(dialect, "rows", {"domain": String, "count": BigInteger}).c
    some_left = _row.used > rows.count
    return (
        update(_WINDOW)
        .where(_of_rule(), _row.domain == rows.domain, _row.started <= bindparam("at", type_=BigInteger))
        .values(used=case((some_left, _row.used - rows.count), else_=0), ends=case((some_left, _row.ends), else_=0))
    )


@cache
def rest(dialect: str) -> Insert:
    """A row that holds its domain for some time; never shorter than it does already."""
    new = _insert(dialect).values(held_until=clock() + bindparam("milliseconds", type_=BigInteger))
    return _on_conflict(new, {"held_until": new.excluded.held_until}, _row.held_until < new.excluded.held_until)


def _of_rule() -> Any:
    return and_(_row.channel == bindparam("of_channel"), _row.rule == bindparam("of_rule"))


def _insert(dialect: str) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(_WINDOW)


def _on_conflict(new: Any, values: Mapping[str, Any], where: Any) -> Insert:
    changed: Insert = new.on_conflict_do_update(index_elements=_WINDOW.primary_key, set_=values, where=where)
    return changed
