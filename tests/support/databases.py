"""Gives every test a database of its own within milliseconds, a copy of one that was migrated once."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path
from typing import Protocol

from sqlalchemy import NullPool, create_engine, make_url, text

from tests.support.postgresql import running_server


class DatabaseServer(Protocol):
    """Where databases are made; they are known by their addresses."""

    def create(self, copy_of: str | None = None) -> str: ...

    def drop(self, url: str) -> None: ...


class SQLite:
    """Databases are files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    def create(self, copy_of: str | None = None) -> str:
        file = self._folder / f"{next(self._numbers)}.sqlite"
        if copy_of:
            shutil.copy(make_url(copy_of).database or "", file)
        return f"sqlite:///{file}"

    def drop(self, url: str) -> None:
        name = Path(make_url(url).database or "").name
        for file in self._folder.glob(f"{name}*"):
            file.unlink()


class PostgreSQL:
    """Databases of one server, told apart by the run and its worker process."""

    def __init__(self, run: str, worker: str) -> None:
        self._prefix = f"wss_{run[:8]}_{worker}"
        self._numbers = count(1)
        self._server = create_engine(running_server(run), isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def create(self, copy_of: str | None = None) -> str:
        name = f"{self._prefix}_{next(self._numbers)}"
        template = make_url(copy_of).database if copy_of else "template0"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._server.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._run(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))
