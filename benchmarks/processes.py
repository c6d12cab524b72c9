"""Processes beside the benchmark's own: started, waited for, and ended with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[1]
_PATIENCE = 15.0


@contextmanager
def started(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A command while the block lasts, run in the project's folder; asked to end after it, then made to.

    :param environment: variables in addition to those of this process.
    """
    process = subprocess.Popen(command, cwd=PROJECT, env=os.environ | (environment or {}), stdout=subprocess.PIPE)
    assert process.stdout
    try:
        yield process
    finally:
        process.terminate()
        process.stdout.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def serving(command: Sequence[str], port: int) -> Iterator[int]:
    """A server on a port of loopback while the block lasts; it listens when the block begins."""
    with started(command) as process:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit(f"{command[0]} does not listen on port {port}")
                time.sleep(0.02)
        yield port


def free_port() -> int:
    """A port of loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
