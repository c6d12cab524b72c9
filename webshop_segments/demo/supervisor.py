"""Starts the demo's mail server, web server and worker together, and ends them together."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from time import sleep
from types import FrameType
from typing import NoReturn

from flask import Flask
from flask_babel import force_locale
from sqlalchemy.exc import DBAPIError
from werkzeug.serving import make_server

from .app import create_app
from .guide import LOGINS
from .instance import DemoError, delete_folder, demo_folder, demo_port
from .load import is_loaded, load_sample_shop
from .mail import mail_server
from .models import db

HOST = "127.0.0.1"
SECONDS_TO_END = 15


def main(arguments: Sequence[str]) -> int:
    """Run the demo until it is interrupted; answers the exit code."""
    for number in _ending_signals():
        signal.signal(number, _interrupt)
    try:
        run(reset="--reset" in arguments)
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nThe demo has ended.")
    return 0


def run(reset: bool = False) -> NoReturn:
    """:raises DemoError: when the demo cannot start, or a part of it ends by itself."""
    with claimed(demo_port()) as listening:
        os.environ["MAIL_PORT"] = str(_free_port())
        if reset:
            delete_folder(demo_folder())
        app = create_app()
        prepare(app)
        with mail(app), web(app, listening), worker() as process:
            _wait_for(listening.getsockname()[1])
            announce(app)
            watch(process)


def prepare(app: Flask) -> None:
    """Bring the database up to date, and fill an empty one.

    :raises DemoError: when the database cannot be used.
    """
    try:
        with app.app_context(), force_locale("en"):
            db.create_all()
            if not is_loaded():
                # A first start that was interrupted has left the plugin's tables half filled.
                _command(app, "segments", "db", "downgrade", "base")
            _command(app, "segments", "db", "upgrade")
            _command(app, "segments", "adopt-url")
            if not is_loaded():
                print("Loading the sample shop … ", end="", flush=True)
                email, password = LOGINS["administrator"]
                _command(app, "segments", "admin", "create", email, "--password", password)
                privacy_url = f"{app.config['WSS_PUBLIC_URL']}/privacy"
                _command(app, "segments", "consents", "publish-first", "--privacy-url", privacy_url)
                loaded = load_sample_shop()
                db.session.commit()
                print(loaded)
    except DBAPIError as error:
        raise DemoError(f"The demo's database cannot be used: {str(error.orig).splitlines()[0]}") from None


def announce(app: Flask) -> None:
    print(f"ready {app.config['WSS_PUBLIC_URL']}", flush=True)
    for who, (email, password) in LOGINS.items():
        print(f"  {who}: {email} / {password}", flush=True)
    print(f"  everything to click: {app.config['WSS_PUBLIC_URL']}/demo/   (Ctrl-C ends the demo)", flush=True)


def watch(process: subprocess.Popen[str]) -> NoReturn:
    """:raises DemoError: as soon as the worker ends by itself."""
    while process.poll() is None:
        sleep(0.2)
    raise DemoError(
        f"The worker ended by itself (exit code {process.returncode}), so the demo ends too. Start it again."
    )


@contextmanager
def claimed(port: int) -> Iterator[socket.socket]:
    """The web server's port, ours from here on; whoever connects early waits.

    :raises DemoError: when somebody else has it.
    """
    try:
        listening = socket.create_server((HOST, port), backlog=128)
    except OSError as error:
        reason, other = os.strerror(error.errno or 0), port % 65535 + 1
        raise DemoError(
            f"The demo cannot listen on port {port} ({reason}). Choose another: PORT={other} make demo"
        ) from None
    with listening:
        yield listening


@contextmanager
def mail(app: Flask) -> Iterator[None]:
    server = mail_server(Path(app.instance_path), app.config["MAIL_PORT"])
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def web(app: Flask, listening: socket.socket) -> Iterator[None]:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    host, port = listening.getsockname()
    server = make_server(host, port, app, threaded=True, fd=listening.fileno())
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def worker() -> Iterator[subprocess.Popen[str]]:
    """`flask segments work` of this shop, as soon as it says that it runs."""
    command = [sys.executable, "-m", "flask", "--app", "webshop_segments.demo.app", "segments", "work"]
    # In a session of its own it does not get the terminal's Ctrl-C: the supervisor ends it in good order.
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise DemoError("The worker could not start; see its message above.")
        Thread(target=sys.stdout.writelines, args=(process.stdout,), daemon=True).start()
        yield process
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(app: Flask, *words: str) -> None:
    result = app.test_cli_runner().invoke(args=words)
    if result.exit_code:
        raise DemoError(f"flask {' '.join(words)}: {result.output.strip() or result.exception}")


def _wait_for(port: int) -> None:
    connection = HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", "/demo/")
    answer = connection.getresponse().status
    connection.close()
    if answer != 200:
        raise DemoError(f"The shop answers {answer} in place of its first page; see the message above.")


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _ending_signals() -> list[signal.Signals]:
    return [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """End once; a second Ctrl-C must not cut short what puts things away."""
    for ending in _ending_signals():
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt
