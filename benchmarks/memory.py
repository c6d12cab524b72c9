"""How much memory a worker has ever had, as the kernel counts it."""

from __future__ import annotations

from pathlib import Path

import psutil


def peak_megabytes(process: psutil.Process) -> float:
    """The largest resident size any of a command's running processes has reached so far."""
    return max(_peak(one.pid) for one in [process, *process.children(recursive=True)])


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kilobytes) / 1024
