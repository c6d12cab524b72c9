"""Our tables' base, times in UTC, the database's own clock, and savepoints that hold on SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    FromClause,
    Integer,
    MetaData,
    Text,
    any_,
    bindparam,
    cast,
    column,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

SCHEMA_TOKEN = "wss"
"""Symbolic schema of our tables; the engine's schema_translate_map turns it into WSS_SCHEMA or none."""

BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Base of the plugin's tables, apart from the host's metadata so that neither creates or drops the other's."""

    metadata = MetaData(
        schema=SCHEMA_TOKEN,
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        },
    )


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a time without zone cannot be stored: use clock.now()")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class database_now(FunctionElement[datetime]):
    """The database's own clock plus some seconds: leases of several machines are compared on one clock."""

    type = UTCDateTime()
    inherit_cache = True
    name = "database_now"

    def __init__(self, seconds: float | ColumnElement[float] = 0) -> None:
        super().__init__(seconds if isinstance(seconds, ColumnElement) else literal(float(seconds)))


@compiles(database_now, "postgresql")
def _postgresql_now(element: database_now, compiler: Any, **kw: Any) -> str:
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **kw)}))"


@compiles(database_now, "sqlite")
def _sqlite_now(element: database_now, compiler: Any, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', printf('%+f seconds', {seconds}))"


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Run a block inside a savepoint of the session's transaction.

    Python's sqlite3 opens no transaction for SAVEPOINT; a savepoint opened first would be the
    transaction itself and its release a commit, so BEGIN is sent where none is open yet.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        dbapi_connection: Any = connection.connection.dbapi_connection
        if not dbapi_connection.in_transaction:
            connection.exec_driver_sql("BEGIN")
    with session.begin_nested():
        yield


def insert_new(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, leaving out those whose unique key is there already, also by a writer beside us."""
    if not rows:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(table).on_conflict_do_nothing(), list(rows))


def one_of(dialect: str, wanted: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a column holds one of the values in the parameter ``name``, without a text of its own for each number.

    On PostgreSQL they are one array: psycopg parses a statement with more than fifty parameters anew each time.
    """
    if dialect == "postgresql":
        return wanted == any_(bindparam(name, type_=postgresql.ARRAY(wanted.type)))
    return wanted.in_(bindparam(name, expanding=True))


def rows_given(dialect: str, name: str, columns: Mapping[str, Any]) -> FromClause:
    """A table in the parameter ``name``, as a JSON list of objects.

    :param columns: name → type; the values must be what JSON knows.
    """
    given = bindparam(name, type_=Text)
    if dialect == "postgresql":
        table = func.json_to_recordset(cast(given, postgresql.JSON)).table_valued(
            *(column(key, kind) for key, kind in columns.items())
        )
        return table.render_derived(name=name, with_types=True)
    each = func.json_each(given).table_valued("value", name="each")
    cells = [func.json_extract(each.c.value, f"$.{key}", type_=kind).label(key) for key, kind in columns.items()]
    return select(*cells).subquery(name)


def worker_engine(hosts: Engine) -> Engine:
    """The worker's engine on the host's database, on which a commit has reached the disk when it returns.

    What a failed statement was given stays out of its error, and so addresses out of the log.

    On PostgreSQL a host may run with synchronous_commit=off; what a crash forgets would be mailed twice. On SQLite
    readers must not block writers (WAL), and a writer waits for the other instead of failing.
    """
    engine = create_engine(hosts.url, pool_size=2, max_overflow=0, hide_parameters=True)
    engine.update_execution_options(**hosts.get_execution_options())
    event.listen(engine, "connect", {"postgresql": _durable_postgresql, "sqlite": _durable_sqlite}[engine.dialect.name])
    return engine


def _durable_postgresql(connection: Any, record: Any) -> None:
    # Outside a transaction: the pool's rollback would take the setting back.
    connection.autocommit = True
    connection.execute("SET synchronous_commit = on")
    connection.autocommit = False


def _durable_sqlite(connection: Any, record: Any) -> None:
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
