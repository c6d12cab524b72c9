"""Several workers on one machine: the same command in processes of their own, started anew where one dies."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from time import monotonic

log = logging.getLogger(__name__)

PARENT = "WSS_WORKER_PARENT"
"""The process id of the one who started this one; the command then works itself."""

_REST = 1.0
_PATIENCE = 10.0
"""Seconds a process may take to end; a window in flight is finished within five of them."""


def run(count: int, stop: threading.Event) -> None:
    """Keep ``count`` processes of the command that is running, until told to stop.

    They are spawned, not forked: a forked one would share the database connections of its parent.
    """
    processes = [_start() for _ in range(count)]
    while not stop.wait(_REST):
        for place, process in enumerate(processes):
            if process.poll() is not None:
                log.warning("worker process %s ended with code %s; another one starts", process.pid, process.returncode)
                processes[place] = _start()
    for process in processes:
        process.terminate()
    until = monotonic() + _PATIENCE
    for process in processes:
        try:
            process.wait(max(0.1, until - monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("worker process %s did not end in time and is killed; its rows go on elsewhere", process.pid)
            process.kill()


def _start() -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C reaches the parent only, which then ends its children in order.
    return subprocess.Popen(sys.orig_argv, env=os.environ | {PARENT: str(os.getpid())}, start_new_session=True)


def stop_on_signal() -> threading.Event:
    """Set by SIGTERM, by Ctrl-C (a second one ends the process at once), and when the parent has died."""
    stop = threading.Event()

    def told(number: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)
    if PARENT in os.environ:
        threading.Thread(target=_watch, args=(int(os.environ[PARENT]), stop), daemon=True).start()
    return stop


def _watch(parent: int, stop: threading.Event) -> None:
    while os.getppid() == parent:
        if stop.wait(_REST):
            return
    stop.set()
