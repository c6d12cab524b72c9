"""Databases for every test, by ``--database``, and a wall against connections to the outside world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.schema import CreateSchema

from tests.shops import Shop, make_shop
from tests.support.databases import DatabaseServer, PostgreSQL, SQLite
from tests.support.wall import outside_connections
from webshop_segments import migration


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql", "postgresql-schema"),
        default="sqlite",
        help="where the tables are; with postgresql-schema the shop's own are in the schema 'shop'",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests in which the database makes no difference run once, with SQLite."""
    if config.getoption("--database") != "sqlite":
        once = [item for item in items if item.get_closest_marker("once") or "browser" in item.path.parts]
        config.hook.pytest_deselected(items=once)
        items[:] = [item for item in items if item not in once]


@pytest.fixture(scope="session")
def host_schema(request: pytest.FixtureRequest) -> str | None:
    """The schema of the shop's own tables, None for the default one."""
    return "shop" if request.config.getoption("--database") == "postgresql-schema" else None


@pytest.fixture(scope="session")
def database_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, testrun_uid: str, worker_id: str
) -> DatabaseServer:
    """Makes databases."""
    if request.config.getoption("--database") == "sqlite":
        return SQLite(tmp_path_factory.mktemp("databases"))
    return PostgreSQL(testrun_uid, worker_id)


@pytest.fixture(scope="session")
def migrated_database(database_server: DatabaseServer, host_schema: str | None) -> Iterator[str]:
    """The address of the database that the others are copied from."""
    url = database_server.create()
    engine = create_engine(url, poolclass=NullPool)
    if host_schema:
        with engine.begin() as connection:
            connection.execute(CreateSchema(host_schema))
    migration.upgrade(engine)
    engine.dispose()
    yield url
    database_server.drop(url)


@pytest.fixture
def database_url(database_server: DatabaseServer, migrated_database: str) -> Iterator[str]:
    """The address of a database of this test's own, with the plugin's tables, all empty."""
    url = database_server.create(copy_of=migrated_database)
    yield url
    database_server.drop(url)


@pytest.fixture
def empty_database_url(database_server: DatabaseServer) -> Iterator[str]:
    """The address of a database of this test's own, without any table."""
    url = database_server.create()
    yield url
    database_server.drop(url)


@pytest.fixture(autouse=True)
def wall() -> Iterator[None]:
    """A test that calls the outside world fails, even where the error was swallowed."""
    with outside_connections() as attempted:
        yield
    assert not attempted, f"a connection to the outside world was attempted: {attempted}"


@pytest.fixture
def shop(database_url: str, host_schema: str | None) -> Iterator[Shop]:
    """A shop of companies with employees and integer keys, inside its app context."""
    made = make_shop(database_url, schema=host_schema)
    with made.app.app_context():
        made.plugin.check_stamp()
        yield made
        made.db.session.remove()
        made.plugin.engine.dispose()
