"""Several workers on one machine are one command: started, restarted, ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import PROJECT

pytestmark = pytest.mark.once

PROGRAM = r"""
import os
from webshop_segments import processes
stop = processes.stop_on_signal()
if processes.PARENT in os.environ:
    os.write(1, f"child {os.getpid()}\n".encode())
    stop.wait()
else:
    processes.run(2, stop)
    print("ended", flush=True)
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def _child(parent: subprocess.Popen[str]) -> int:
    assert parent.stdout is not None
    word, number = parent.stdout.readline().split()
    assert word == "child"
    return int(number)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"


def _gone(*processes: int) -> bool:
    until = time.monotonic() + 10
    while any(map(_alive, processes)):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_a_process_that_dies_is_replaced_and_all_end_with_their_parent(parent: subprocess.Popen[str]) -> None:
    one, two = _child(parent), _child(parent)
    os.kill(one, signal.SIGKILL)
    three = _child(parent)
    parent.terminate()
    assert parent.wait(10) == 0
    assert _gone(two, three)


def test_processes_whose_parent_was_killed_stop_by_themselves(parent: subprocess.Popen[str]) -> None:
    children = _child(parent), _child(parent)
    parent.kill()
    parent.wait()
    assert _gone(*children)
