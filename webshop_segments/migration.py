"""Our own migration history, beside the host's: upgrade, downgrade, differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import BLANK_SCHEMA, Connection, Engine, MetaData, text

from . import folders
from .db import SCHEMA_TOKEN, Base
from .models import Stamp

VERSION_TABLE = "wss_alembic_version"
PREFIX = "wss_"


def upgrade(engine: Engine, schema: str | None = None, revision: str = "head") -> None:
    """Bring the plugin's tables up to date."""
    _run(engine, schema, lambda config: command.upgrade(config, revision))


def downgrade(engine: Engine, schema: str | None = None, revision: str = "base") -> None:
    """Take the plugin's tables back to an older state, or away."""
    _run(engine, schema, lambda config: command.downgrade(config, revision))


def differences(engine: Engine, schema: str | None = None) -> list[Any]:
    """What differs between the database and the models; empty after an upgrade."""
    with engine.connect() as connection:
        schema = _told_apart(connection, schema)
        context = MigrationContext.configure(connection, opts=context_options(schema))
        return list(compare_metadata(context, metadata_in(schema)))


def metadata_in(schema: str | None) -> MetaData:
    """Our tables with the symbolic schema replaced by the real one."""
    real = MetaData(naming_convention=Stamp.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        # Without a schema the foreign keys must lose theirs too, which only BLANK_SCHEMA says.
        referred: Any = schema or BLANK_SCHEMA
        table.to_metadata(real, schema=cast(Any, schema), referred_schema_fn=lambda *_, to=referred: to)
    return real


def context_options(schema: str | None) -> dict[str, Any]:
    """How Alembic looks at the database: only at our tables."""

    def ours(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name == schema
        return kind != "table" or (name or "").startswith(PREFIX)

    return {
        "version_table": VERSION_TABLE,
        "version_table_schema": schema,
        "include_name": lambda name, kind, parents: ours(name, kind, parents) and name != VERSION_TABLE,
        "include_schemas": schema is not None,
        "render_as_batch": True,
        "compare_type": True,
    }


def _run(engine: Engine, schema: str | None, action: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(folders.migrations()))
    config.set_main_option("path_separator", "os")
    with engine.connect() as connection:
        schema = _told_apart(connection, schema)
        if schema is not None:
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            connection.commit()
        connection = connection.execution_options(schema_translate_map={SCHEMA_TOKEN: schema})
        config.attributes.update(connection=connection, schema=schema)
        action(config)
        connection.commit()


def _told_apart(connection: Connection, schema: str | None) -> str | None:
    """None for the default schema even where it is named: so Alembic reads it back."""
    return None if schema == connection.dialect.default_schema_name else schema


def keep_out_of_host_migrations(app: Flask, **_: Any) -> None:
    """Make the host's Flask-Migrate overlook our tables, whose autogenerate would drop them."""
    migrate = app.extensions.get("migrate")
    arguments = getattr(migrate, "configure_args", None)
    if arguments is None or "wss_filter" in app.extensions:
        return
    theirs = arguments.get("include_object")

    def include(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        if kind == "table" and reflected and (name or "").startswith(PREFIX):
            return False
        return theirs is None or bool(theirs(item, name, kind, reflected, compare_to))

    arguments["include_object"] = include
    app.extensions["wss_filter"] = include


def current_revision(connection: Connection, schema: str | None) -> str | None:
    """The revision the database is at, None before the first upgrade."""
    return MigrationContext.configure(connection, opts=context_options(schema)).get_current_revision()
