"""Our tables from nothing to the newest state and back, on each database, in the default schema or one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from tests.shops import Shop, make_shop
from webshop_segments import migration
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.db import Base

REVISIONS = ["0001", "0002", "0003", "0004", "0005"]


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    made = create_engine(empty_database_url)
    yield made
    made.dispose()


@pytest.fixture(params=["default", "marketing", "public"])
def schema(request: pytest.FixtureRequest, engine: Engine) -> str | None:
    """SQLite knows no schemas: there all three are the default one."""
    named = request.param if engine.dialect.name == "postgresql" else "default"
    return None if named == "default" else named


def tables(engine: Engine, schema: str | None) -> set[str]:
    return set(inspect(engine).get_table_names(schema=schema))


def revision(engine: Engine, schema: str | None) -> str | None:
    with engine.connect() as connection:
        return migration.current_revision(connection, schema)


def test_from_nothing_to_the_newest_state_twice_and_back(engine: Engine, schema: str | None) -> None:
    assert migration.differences(engine, schema)
    for _twice in range(2):
        migration.upgrade(engine, schema)
        assert migration.differences(engine, schema) == []
        assert revision(engine, schema) == REVISIONS[-1]
    assert tables(engine, schema) == {t.name for t in Base.metadata.sorted_tables} | {migration.VERSION_TABLE}

    migration.downgrade(engine, schema)

    assert tables(engine, schema) == {migration.VERSION_TABLE}
    migration.upgrade(engine, schema)
    assert migration.differences(engine, schema) == []


def test_each_step_forth_and_back(engine: Engine, schema: str | None) -> None:
    before = {None: tables(engine, schema) | {migration.VERSION_TABLE}}
    for number in REVISIONS:
        migration.upgrade(engine, schema, number)
        before[number] = tables(engine, schema)
    for number, older in zip(reversed(REVISIONS), [*reversed(REVISIONS[:-1]), None], strict=True):
        assert revision(engine, schema) == number
        migration.downgrade(engine, schema, "-1")
        assert tables(engine, schema) == before[older]


def test_a_changed_table_is_noticed(engine: Engine, schema: str | None) -> None:
    migration.upgrade(engine, schema)
    prefix = f"{schema}." if schema else ""
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {prefix}wss_segment ADD COLUMN colour VARCHAR(10)"))
        connection.execute(text(f"DROP TABLE {prefix}wss_stamp"))
    assert {difference[0] for difference in migration.differences(engine, schema)} == {"remove_column", "add_table"}


def test_the_shops_tables_are_none_of_ours(engine: Engine, schema: str | None) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE customer (id INTEGER PRIMARY KEY)"))
    migration.upgrade(engine, schema)
    assert migration.differences(engine, schema) == []
    migration.downgrade(engine, schema)
    assert "customer" in tables(engine, None)


@pytest.mark.rule("C26")
@pytest.mark.parametrize(
    "change", ["UPDATE wss_consent_record SET action = 'withdrawn'", "DELETE FROM wss_consent_record"]
)
def test_the_database_itself_refuses_to_change_the_ledger(shop: Shop, change: str) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    shop.session.commit()

    with pytest.raises(DBAPIError, match="The consent ledger is only appended to"):
        shop.session.execute(text(change))
    shop.session.rollback()

    assert [record.action for record in shop.session.query(ConsentRecord)] == ["granted"]


def test_in_a_schema_of_their_own_the_whole_way_works(empty_database_url: str, host_schema: str | None) -> None:
    named = "marketing" if empty_database_url.startswith("postgresql") else None
    config: dict[str, Any] = {"WSS_SCHEMA": named}
    prepared = create_engine(empty_database_url)
    with prepared.begin() as connection:
        if host_schema:
            connection.execute(text(f"CREATE SCHEMA {host_schema}"))
    shop = make_shop(empty_database_url, schema=host_schema, config=config)
    with shop.app.app_context():
        upgraded = shop.app.test_cli_runner().invoke(args=["segments", "db", "upgrade"])
        assert upgraded.output == "The plugin's tables are up to date.\n"
        checked = shop.app.test_cli_runner().invoke(args=["segments", "db", "check"])
        assert checked.output == "No difference.\n"
        shop.publish()
        shop.agreed("ada@example.com")
        dispatch = shop.send(shop.newsletter())
        shop.work()
        assert sorted(message.address for message in shop.email.sent) == ["ada@example.com", "shop@shop.example"]
        assert dispatch.status == "finished"
        shop.session.close()
        shop.plugin.engine.dispose()
    if named:
        assert not {name for name in tables(prepared, None) if name.startswith("wss_")}
        with prepared.begin() as connection, pytest.raises(DBAPIError, match="only appended to"):
            connection.execute(text("DELETE FROM marketing.wss_consent_record"))
    prepared.dispose()
