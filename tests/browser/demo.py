"""A demo of the tests' own: its processes, and the messages that arrived in it."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import psutil

SECONDS_TO_ARRIVE = 60
NOT_OURS = ("DEMO_DATABASE_URL", "MAIL_SERVER", "MAIL_PORT")


class Demo:
    """The sample shop with web server, worker and mailbox, as `make demo` starts it."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as found:
            port: int = found.getsockname()[1]
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder.with_suffix(".log")
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        environment |= {"DEMO_FOLDER": str(self.folder), "PORT": str(self.port)}
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "webshop_segments.demo"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        ready = f"ready {self.url}\n"
        assert any(line == ready for line in self._process.stdout), self.complaints()

    def copy_to(self, folder: Path) -> Demo:
        """Another demo with the same data and secrets, not started yet."""
        folder.mkdir()
        shutil.copy2(self.folder / "secrets.json", folder)
        with (
            closing(sqlite3.connect(self.folder / "shop.db")) as ours,
            closing(sqlite3.connect(folder / "shop.db")) as copy,
        ):
            ours.backup(copy)
        return Demo(folder)

    def kill_worker(self) -> None:
        """As a power cut would; the demo ends with its worker."""
        assert self._process is not None
        (worker,) = psutil.Process(self._process.pid).children()
        worker.kill()
        assert self._process.wait(60) == 1
        self._close()

    def end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._close()

    def complaints(self) -> str:
        """What its processes have written to standard error."""
        return self._log.read_text()

    def mails(self, subject: str, to: str | None = None) -> list[Mail]:
        """All that arrived with this subject (for one address), oldest first."""
        found = [Mail(path) for path in sorted((self.folder / "mail").glob("*.eml"))]
        return [mail for mail in found if mail.subject == subject and to in (None, mail.to)]

    def arrived(self, subject: str, to: str | None = None) -> Mail:
        """The mail of that subject, as soon as it is there."""
        end = time.monotonic() + SECONDS_TO_ARRIVE
        while not (found := self.mails(subject, to)):
            assert time.monotonic() < end, f"no mail “{subject}” arrived: {self.complaints()}"
            time.sleep(0.1)
        return found[-1]

    def database(self) -> sqlite3.Connection:
        """The shop's database, for what no page can do."""
        return sqlite3.connect(self.folder / "shop.db", timeout=30)

    def _close(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None


class Mail:
    """One file of the mailbox."""

    def __init__(self, path: Path) -> None:
        self.message: EmailMessage = message_from_bytes(path.read_bytes(), policy=policy.default)
        self.page = f"/demo/mail/{path.stem}"

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def to(self) -> str:
        return str(self.message["Delivered-To"])
