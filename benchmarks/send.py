"""How fast newsletters leave: beside the usual loop and the limit, over a distance, and in how much memory.

All senders' messages have the same size. Throughputs are the better of two runs, taken in turn.

usage: python -m benchmarks.send
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text

from . import bare, ground, loop, relay, report, sinks
from .engine import Engine
from .report import SCALE, scaled

PROCESSES = 2
SECONDS = max(10 * SCALE, 0.5)
ONE_WAY = 0.01
"""Seconds to the distant mail server: a round trip takes 20 ms."""
CONNECTIONS = 20


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="webshop-segments-")))
        url = make_url(stack.enter_context(ground.postgresql(folder)).url)
        port = stack.enter_context(sinks.pipelining())
        letter = Engine(f"sqlite:///{folder / 'letter.sqlite'}", 1).letter()
        print(report.machine(create_engine(url)))
        print(f"messages of {len(letter):,} bytes to {sinks.smtp_sink() or 'a sink of our own'}", flush=True)
        values = throughput(url, folder, port, letter) | distance(url, port) | memory(url, port)
    report.result(values)


def throughput(url: URL, folder: Path, port: int, letter: bytes) -> dict[str, float]:
    """Messages per second to a mail server on this machine."""
    postgresql = Engine(_database(url, "throughput"), scaled(60_000))
    sqlite = Engine(ground.sqlite(folder), scaled(30_000))
    ways: dict[str, Callable[[], float]] = {
        "loop": lambda: loop.per_second(port, len(letter), SECONDS),
        "limit": lambda: bare.per_second(port, letter, SECONDS, PROCESSES),
        "postgresql": lambda: postgresql.send(port, processes=PROCESSES).per_second,
        "sqlite": lambda: sqlite.send(port).per_second,
    }
    runs = [{name: way() for name, way in ways.items()} for _ in range(2)]
    best = {name: max(run[name] for run in runs) for name in ways}
    report.table(
        [
            ["", "messages/s", "× loop", "of limit"],
            *(
                [what, round(best[name]), best[name] / best["loop"], best[name] / best["limit"]]
                for name, what in {
                    "loop": "Flask-Mail, mail.send in a loop, 1 process",
                    "limit": f"one constant message, pipelined, {PROCESSES} processes",
                    "postgresql": f"segments work, PostgreSQL, {PROCESSES} processes",
                    "sqlite": "segments work, SQLite, 1 process",
                }.items()
            ),
        ]
    )
    return {
        **{f"{name}_per_s": round(value, 1) for name, value in best.items()},
        "x_loop": round(best["postgresql"] / best["loop"], 2),
        "of_limit": round(best["postgresql"] / best["limit"], 3),
        "sqlite_x_loop": round(best["sqlite"] / best["loop"], 2),
    }


def distance(url: URL, port: int) -> dict[str, float]:
    """The whole worker, one process on PostgreSQL, against mail servers a round trip of 20 ms away."""
    engine = Engine(_database(url, "distance"), scaled(60_000))
    found = {"pipelined": _from_afar(engine, port)}
    with sinks.offering(sinks.PIPELINING, sinks.CHUNKING) as chunking:
        found["chunking"] = _from_afar(engine, chunking)
    with sinks.offering() as plain:
        found["plain"] = _from_afar(engine, plain)
    theory = CONNECTIONS / (2 * 2 * ONE_WAY)
    report.table(
        [
            [f"{CONNECTIONS} connections, 20 ms", "messages/s", "of theory", "× plain"],
            *([name, round(rate), rate / theory, rate / found["plain"]] for name, rate in found.items()),
        ]
    )
    return {
        "pipelined_of_theory": round(found["pipelined"] / theory, 3),
        "chunking_x_plain": round(found["chunking"] / found["plain"], 2),
    }


def memory(url: URL, port: int) -> dict[str, float]:
    """The largest resident size a worker's process ever had, idle and after dispatches of two sizes."""
    large = scaled(1_000_000)
    small = min(10_000, large // 10)
    engines = {size: Engine(_database(url, f"memory{size}"), size) for size in (small, large)}
    idle = engines[small].idle(port, PROCESSES)
    runs = {size: engine.send(port, processes=PROCESSES) for size, engine in engines.items()}
    report.table(
        [
            ["dispatch to", "peak MB", "messages/s"],
            ["nobody", idle, ""],
            *([f"{size:,}", run.peak_mb, round(run.per_second)] for size, run in runs.items()),
        ]
    )
    return {
        "peak_mb_idle": round(idle, 1),
        "peak_mb_small": round(runs[small].peak_mb, 1),
        "peak_mb_large": round(runs[large].peak_mb, 1),
    }


def _from_afar(engine: Engine, port: int) -> float:
    with relay.distant(port, ONE_WAY) as far:
        return engine.send(far, connections=CONNECTIONS, seconds=SECONDS).per_second


def _database(server: URL, name: str) -> str:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
