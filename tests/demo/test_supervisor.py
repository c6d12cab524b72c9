"""`python -m webshop_segments.demo`: everything starts and ends together, and whatever is wrong is one sentence."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.once


class Demo:
    """The demo as somebody starts it in a terminal."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port: int = found.getsockname()[1]
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        ours = {"DEMO_FOLDER": str(self.folder), "PORT": str(self.port)}
        process = subprocess.Popen(
            [sys.executable, "-m", "webshop_segments.demo", *arguments],
            env={**os.environ, **ours, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def ready(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it, and wait until it has said that it is, and all there is to know; kept in ``said``."""
        process = self.start(*arguments)
        assert process.stdout is not None
        self.said = ""
        for line in process.stdout:
            self.said += line
            if "Ctrl-C ends the demo" in line:
                assert f"ready http://127.0.0.1:{self.port}\n" in self.said
                return process
        pytest.fail(process.communicate()[1])

    def refusal(self, *arguments: str, **environment: str) -> str:
        """What it says when it does not start."""
        process = self.start(*arguments, **environment)
        said, complaint = process.communicate(timeout=60)
        assert (process.returncode, said) == (1, "")
        assert len(complaint.splitlines()) == 1
        return complaint

    def page(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            text: str = answer.read().decode()
            return text

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
            for pipe in filter(None, (process.stdout, process.stderr)):
                pipe.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo of the test's own, ended with it."""
    demo = Demo(tmp_path / "instance")
    yield demo
    demo.end()


def test_everything_ends_together_and_a_second_start_keeps_the_data(demo: Demo) -> None:
    process = demo.ready()
    secrets = demo.folder / "secrets.json"
    made = secrets.read_text()
    assert secrets.stat().st_mode & 0o077 == 0
    parts = psutil.Process(process.pid).children(recursive=True)
    assert parts
    assert "Freewheel" in demo.page("/")
    process.send_signal(signal.SIGINT)
    complaint = process.communicate(timeout=30)[1]
    assert (process.returncode, complaint) == (0, "")
    assert "admin@example.com / demo-admin" in demo.said
    assert "customer@example.com / demo-customer" in demo.said
    assert not any(part.is_running() for part in parts)
    again = demo.ready()
    assert "Loading" not in demo.said
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=30)
    assert again.returncode == 0
    assert secrets.read_text() == made


def test_a_reset_starts_over(demo: Demo) -> None:
    demo.ready().terminate()
    demo.end()
    made = (demo.folder / "secrets.json").read_text()
    demo.ready("--reset")
    assert (demo.folder / "secrets.json").read_text() != made


def test_a_worker_that_dies_ends_the_demo_and_is_named(demo: Demo) -> None:
    process = demo.ready()
    (worker,) = psutil.Process(process.pid).children()
    worker.kill()
    assert "The worker ended by itself" in process.communicate(timeout=30)[1]
    assert process.returncode == 1


def test_a_port_in_use_is_one_sentence(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        assert f"cannot listen on port {demo.port}" in demo.refusal()
    assert not demo.folder.exists()


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1"])
def test_a_port_that_is_none_is_one_sentence(demo: Demo, port: str) -> None:
    assert f"PORT={port} is no port" in demo.refusal(PORT=port)


def test_a_folder_that_cannot_be_written_is_one_sentence(demo: Demo) -> None:
    demo.folder.write_text("a file")
    assert f"cannot write to {demo.folder}" in demo.refusal()


def test_a_folder_of_somebody_else_is_not_deleted(demo: Demo) -> None:
    demo.folder.mkdir()
    (demo.folder / "thesis.txt").write_text("years of work")
    assert "so it is not deleted" in demo.refusal("--reset")
    assert (demo.folder / "thesis.txt").exists()


def test_another_mail_server_is_refused(demo: Demo) -> None:
    assert "not to mail.example.com" in demo.refusal(MAIL_SERVER="mail.example.com")


def test_a_database_that_is_not_there_is_one_sentence(demo: Demo) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    assert "The demo's database cannot be used" in demo.refusal(DEMO_DATABASE_URL=url)
