"""How fast newsletters leave: beside the usual loop and the limit, over a distance, and in how much memory.

All senders' messages have the same size. Throughputs are the better of two runs, taken in turn; ours are counted from
the start of sending to the last message settled, by the database. A SCALE below 0.1 shows that all works, and no more.

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

from . import bare, channel, ground, loop, relay, report, sinks
from .engine import Engine
from .memory import peak_megabytes
from .report import SCALE, scaled

PROCESSES = 2
CONNECTIONS = 2
"""Of each process to a mail server on this machine, the limit's as well as ours."""
RUNS = 2 if SCALE >= 0.1 else 1
SECONDS = max(10 * SCALE, 0.5)
ONE_WAY = 0.01
"""Seconds to the distant mail server: a round trip takes 20 ms."""
DISTANT_CONNECTIONS = 20
DISTANT_SECONDS = max(10 * SCALE, 3)
WARM_UP = 2
"""Seconds in which the connections to a distant server are opened, a few with each window."""


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="webshop-segments-")))
        url = make_url(stack.enter_context(ground.postgresql(folder)).url)
        port = stack.enter_context(sinks.pipelining())
        letter = Engine(f"sqlite:///{folder / 'letter.sqlite'}", 1).letter()
        print(report.machine(create_engine(url)))
        print(f"messages of {len(letter):,} bytes to {sinks.smtp_sink() or 'a sink of our own'}", flush=True)
        postgresql = Engine(_database(url, "throughput"), scaled(60_000))
        values = throughput(postgresql, Engine(ground.sqlite(folder), scaled(30_000)), port, letter)
        values |= distance(postgresql, port, letter)
        values |= memory(url, port)
    report.result(values)


def throughput(postgresql: Engine, sqlite: Engine, port: int, letter: bytes) -> dict[str, float]:
    """Messages per second to a mail server on this machine."""
    ways: dict[str, Callable[[], float]] = {
        "loop": lambda: loop.per_second(port, len(letter), SECONDS),
        "limit": lambda: bare.per_second(port, letter, SECONDS, PROCESSES, CONNECTIONS),
        "postgresql": lambda: _alone(postgresql, port, PROCESSES),
        "sqlite": lambda: _alone(sqlite, port, 1),
    }
    runs = [{name: way() for name, way in ways.items()} for _ in range(RUNS)]
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


def distance(engine: Engine, port: int, letter: bytes) -> dict[str, float]:
    """Against mail servers a round trip of 20 ms away: the whole worker, and the channel alone."""
    theory = DISTANT_CONNECTIONS / (2 * 2 * ONE_WAY)
    with relay.distant(port, ONE_WAY) as far, engine.workers(far, 1, DISTANT_CONNECTIONS):
        worker = engine.send(seconds=DISTANT_SECONDS, warm_up=WARM_UP)
    alone = {}
    for name, extensions in {"PIPELINING and CHUNKING": (sinks.PIPELINING, sinks.CHUNKING), "neither": ()}.items():
        with sinks.offering(*extensions) as offering, relay.distant(offering, ONE_WAY) as far:
            alone[name] = channel.per_second(far, letter, SECONDS, DISTANT_CONNECTIONS)
    plain = alone["neither"]
    report.table(
        [
            [f"{DISTANT_CONNECTIONS} connections, round trip of 20 ms", "messages/s", "of theory", "× neither"],
            ["segments work, PostgreSQL, 1 process, PIPELINING", round(worker), worker / theory, worker / plain],
            *([f"the channel alone, {name}", round(rate), rate / theory, rate / plain] for name, rate in alone.items()),
        ]
    )
    return {
        "pipelined_of_theory": round(worker / theory, 3),
        "chunking_x_plain": round(alone["PIPELINING and CHUNKING"] / plain, 2),
    }


def memory(url: URL, port: int) -> dict[str, float]:
    """The largest resident size any process of a worker had so far: idle, and after dispatches of two sizes."""
    large = scaled(1_000_000)
    small = min(10_000, large // 10)
    engine = Engine(_database(url, "memory"), large, members=small)
    with engine.workers(port, PROCESSES, CONNECTIONS) as command:
        idle = peak_megabytes(command)
        small_rate, small_peak = engine.send([1]), peak_megabytes(command)
        large_rate, large_peak = engine.send(), peak_megabytes(command)
    report.table(
        [
            ["dispatch to", "peak MB", "messages/s"],
            ["nobody", idle, ""],
            [f"{small:,}", small_peak, round(small_rate)],
            [f"{large:,}", large_peak, round(large_rate)],
        ]
    )
    return {
        "peak_mb_idle": round(idle, 1),
        "peak_mb_small": round(small_peak, 1),
        "peak_mb_large": round(large_peak, 1),
    }


def _alone(engine: Engine, port: int, processes: int) -> float:
    with engine.workers(port, processes, CONNECTIONS):
        return engine.send()


def _database(server: URL, name: str) -> str:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
