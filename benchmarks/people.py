"""Fills the shop of :mod:`.host` with companies, their employees, consents and segments, by the hundred thousand.

The ledger is what :mod:`webshop_segments.consent.ledger` would have written, digest by digest: ``flask segments
ledger verify`` finds no fault in it. Only the way into the database is another, COPY or large slices.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from webshop_segments import migration
from webshop_segments.access import COMMAND_LINE
from webshop_segments.consent import default_text, versions
from webshop_segments.db import SCHEMA_TOKEN
from webshop_segments.directory.partners import created_text
from webshop_segments.segments import operations

from . import host
from .histories import Histories
from .persons import COLUMNS, People, Rows, founded

SLICE = 20_000
Write = Callable[[Rows], None]


def fill(
    engine: Engine,
    *,
    people: int,
    channels: Sequence[str] = ("email",),
    segments: int = 0,
    members_per_segment: int = 0,
    all_agree: bool = False,
    per_company: int = 0,
) -> None:
    """Make the tables and fill them; the database must be empty.

    :param channels: those of the consent; sms and phone share a number.
    :param members_per_segment: on average; the first is many times as large as the last.
    :param all_agree: everybody has agreed on every channel, at an address of her own.
    :param per_company: so many work together; by default one to four.
    """
    engine = engine.execution_options(schema_translate_map={SCHEMA_TOKEN: None})
    histories = Histories(_prepare(engine, channels), engine.dialect.name)
    made = People(histories, channels, all_agree, per_company)
    with ThreadPoolExecutor(1) as writer:
        connection = engine.raw_connection()
        write = _copy(connection) if engine.dialect.name == "postgresql" else _insert(connection)
        pending = None
        for start in range(1, people + 1, SLICE):
            rows = made.rows(range(start, min(start + SLICE, people + 1)))
            if pending:
                pending.result()
            pending = writer.submit(write, rows)
        if pending:
            pending.result()
        write(_members(engine, made.company_of(people), segments, members_per_segment, histories))
        connection.invalidate()
    _settle(engine)


def _prepare(engine: Engine, channels: Sequence[str]) -> int:
    """Tables and the version everybody agreed to; answers its id."""
    migration.upgrade(engine)
    host.Base.metadata.create_all(engine)
    with Session(engine) as session:
        version = versions.publish(
            session,
            channels=channels,
            wordings=default_text.default_wordings("Bench shop", "https://shop.example/privacy"),
            controller="Bench shop",
            change=versions.EDITORIAL,
            end_removed=False,
            by=COMMAND_LINE,
        )
        session.commit()
        return version.id


def _members(engine: Engine, companies: int, segments: int, average: int, made: Histories) -> Rows:
    """The segments, through the plugin, and rows for their members."""
    shares = [1 / number for number in range(1, segments + 1)]
    rows: list[tuple[Any, ...]] = []
    with Session(engine) as session:
        for number, share in enumerate(shares, 1):
            segment = operations.add(session, f"Segment {number:03d}", COMMAND_LINE)
            size = min(companies, max(1, round(average * segments * share / sum(shares))))
            for company in random.Random(number).sample(range(1, companies + 1), size):
                since = founded(company)
                created = created_text(since.replace(tzinfo=None))
                added = (made.moment(since), COMMAND_LINE.name)
                rows.append((str(segment.id), "partner", str(company), created, *added))
        session.commit()
    return {"wss_segment_member": rows}


def _copy(connection: Any) -> Write:
    cursor = connection.driver_connection.cursor()
    # Every row comes with those it points at; asking for each of them would take longer than writing it.
    cursor.execute("SET session_replication_role = replica")

    def write(tables: Rows) -> None:
        for table, rows in tables.items():
            with cursor.copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as copy:
                copy.write("".join(["\t".join(row) + "\n" for row in rows]))
        connection.commit()

    return write


def _insert(connection: Any) -> Write:
    cursor = connection.cursor()

    def write(tables: Rows) -> None:
        for table, rows in tables.items():
            marks = ", ".join("?" * len(COLUMNS[table].split(",")))
            cursor.executemany(f"INSERT INTO {table} ({COLUMNS[table]}) VALUES ({marks})", rows)
        connection.commit()

    return write


def _settle(engine: Engine) -> None:
    """What a database that has run for a while has done: statistics, and the next numbers known."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("ANALYZE"))
            return
        for table in ("company", "customer", "wss_consent_record"):
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            connection.execute(text(f"SELECT setval({sequence}, (SELECT max(id) FROM {table}))"))
        connection.execute(text("VACUUM (ANALYZE)"))
