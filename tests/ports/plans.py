"""How the database would run the plugin's statements on the shop's tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session


def whole_reads(session: Session, table: str, action: Callable[[], Any]) -> list[str]:
    """The steps of an action's statements that read a whole table, and so take longer with each customer."""
    return [step for step in steps(session, action) if _reads_all_of(table, step)]


def keyed_reads(session: Session, table: str, action: Callable[[], Any]) -> list[str]:
    """The steps that find rows of the table through an index."""
    return [step for step in steps(session, action) if _finds_in(table, step)]


def _reads_all_of(table: str, step: str) -> bool:
    return bool(re.fullmatch(rf"(SCAN|Seq Scan) {table}\b.*", step))


def _finds_in(table: str, step: str) -> bool:
    return bool(re.fullmatch(rf"(SEARCH|Index Scan|Index Only Scan|Bitmap Heap Scan) {table}\b.*", step))


def steps(session: Session, action: Callable[[], Any]) -> list[str]:
    """What an action's statements do with which table, as "SCAN customer …" or "Seq Scan customer"."""
    connection = session.connection()
    told: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        told.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    action()
    event.remove(connection, "before_cursor_execute", note)
    read = _of_postgresql if connection.dialect.name == "postgresql" else _of_sqlite
    return [step for statement, parameters in told for step in read(connection, statement, parameters)]


def _of_sqlite(connection: Any, statement: str, parameters: Any) -> Iterator[str]:
    aliases = {alias: table for table, alias in re.findall(r"\b(\w+) AS (\w+)", statement)}
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
        verb, _, rest = str(row.detail).partition(" ")
        name, _, how = rest.partition(" ")
        yield f"{verb} {aliases.get(name, name)} {how}"


def _of_postgresql(connection: Any, statement: str, parameters: Any) -> Iterator[str]:
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    yield from _nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def _nodes(node: dict[str, Any]) -> Iterator[str]:
    yield f"{node['Node Type']} {node.get('Relation Name', '')}"
    for below in node.get("Plans", ()):
        yield from _nodes(below)
