"""How a benchmark tells what it measured: the machine, an aligned table, and one JSON object as the last line."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Engine, text

SCALE = float(os.environ.get("SCALE") or 1)
"""The share of the full size that is run, from the environment."""


def scaled(number: int) -> int:
    """A number at full size, as it is at this run's."""
    return max(1, round(number * SCALE))


def machine(engine: Engine | None = None) -> str:
    """One line: cores, processor, memory, Python, and the database's version where there is one."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [f"{os.cpu_count()} cores", _processor(), f"{memory:.0f} GB RAM", f"Python {platform.python_version()}"]
    if engine is not None:
        parts.append(_database(engine))
    return ", ".join(parts)


def table(rows: Sequence[Sequence[object]]) -> None:
    """Print rows with their columns aligned, numbers to the right."""
    shown = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row, values in zip(shown, rows, strict=True):
        cells = [
            cell.rjust(width) if isinstance(value, int | float) else cell.ljust(width)
            for cell, value, width in zip(row, values, widths, strict=True)
        ]
        print("  ".join(cells).rstrip(), flush=True)


def result(values: Mapping[str, object]) -> None:
    """Print the measured values as one JSON object: the last line of every benchmark."""
    print(json.dumps(values), flush=True)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _database(engine: Engine) -> str:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return f"SQLite {connection.scalar(text('SELECT sqlite_version()'))}"
        return f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"
