"""Whether anybody is lost or mailed twice while processes are killed: workers, database, broker and mail server.

Workers of both kinds run at once, ``flask segments work`` and Celery. SEED repeats a run's dice, not its moments.

usage: python -m benchmarks.crash
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from webshop_segments.access import COMMAND_LINE
from webshop_segments.newsletter import dispatches, newsletters
from webshop_segments.newsletter.models import Dispatch
from webshop_segments.newsletter.newsletters import Draft
from webshop_segments.plugin import plugin

from . import ground, host
from .account import Account, account
from .chaos import Chaos, Child, Process, Target
from .people import fill
from .processes import PROJECT, free_port
from .report import SCALE, machine, result, table

LEASE = 5
PAUSE = 2.0
DISPATCHES = max(2, round(50 * SCALE**0.6))
RECIPIENTS = max(100, round(20_000 * SCALE**0.6))
PATIENCE = 120 + DISPATCHES * RECIPIENTS / 100
"""Seconds; then the run is accounted for as it is."""

_RUN = "BENCH_RUN"


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="webshop-segments-")))
        # The worst a host may do: its own commits need not survive. The worker's must, all the same.
        server = stack.enter_context(ground.postgresql(folder, synchronous_commit="off"))
        os.environ["BENCH_DATABASE_URL"] = server.url
        app = host.create_app()
        with app.app_context():
            fill(host.db.engine, people=RECIPIENTS, all_agree=True)
            print(machine(host.db.engine))
            print(f"seed {seed}, {DISPATCHES} dispatches to {RECIPIENTS:,} people, a kill every {PAUSE} seconds")
            stack.callback(_end, run := secrets.token_hex(8))
            chaos, broker = _all_set(folder, server, random.Random(seed), run)
            stack.callback(chaos.calm)
            began = time.monotonic()
            _send()
            finished = chaos.rage(lambda: _over(app), began + PATIENCE)
            seconds = time.monotonic() - began
            chaos.calm()
            found = account(plugin().session, folder / "taken", folder / "leases")
            _tell(chaos, found, broker, seconds)
    whole = {"lost": found.lost, "doubled": found.doubled, "unlisted": found.unlisted}
    worst = max(found.unknown_of.values(), default=0)
    rest = {"unknown": found.statuses["unknown"], "unknown_max_per_process": worst, "finished": finished}
    result({"kills": chaos.kills.total(), "recipients": found.recipients, **whole, **rest, "seed": seed})
    sys.exit(any(whole.values()) or worst > 200 or not finished)


def _all_set(folder: Path, server: ground.PostgreSQL, dice: random.Random, run: str) -> tuple[Chaos, str]:
    port, log = free_port(), PROJECT / "build" / "bench-crash.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"")
    command = [sys.executable, "-m"]
    environment = {_RUN: run, "BENCH_MAIL_PORT": str(port), "BENCH_LEASE": str(LEASE)}
    environment["BENCH_LEASES"] = str(folder / "leases")
    targets: dict[str, tuple[Target, float]] = {"PostgreSQL": (server, 0.5)}
    if redis := shutil.which("redis-server"):
        at = str(free_port())
        volatile = ["--save", "", "--appendonly", "no", "--dir", str(folder)]
        targets["broker"] = Process([redis, "--port", at, "--bind", "127.0.0.1", *volatile], {_RUN: run}, log), 1
        environment["BENCH_BROKER"] = f"redis://127.0.0.1:{at}/0"
    else:
        environment |= {"BENCH_BROKER": "filesystem://", "BENCH_BROKER_FOLDER": str(folder / "broker")}
        (folder / "broker").mkdir()
    sink = [*command, "benchmarks.noting", str(port), str(folder / "taken")]
    flask = [*command, "flask", "--app", "benchmarks.victims", "segments", "work", "--processes", "2"]
    celery = [*command, "celery", "-A", "benchmarks.celery_victims"]
    own = Process(flask, environment, log)
    options = ["--queues=webshop_segments", "--concurrency=2", "--without-gossip", "--without-mingle"]
    worker = Process([*celery, "worker", *options, "--loglevel=WARNING"], environment, log)
    targets |= {
        "mail server": (Process(sink, environment, log), 1),
        "segments work, a child": (Child(own, dice), 3),
        "segments work, the parent": (own, 1),
        "Celery worker, a child": (Child(worker, dice), 3),
        "Celery worker, the parent": (worker, 1),
        "Celery beat": (Process([*celery, "beat", "-s", str(folder / "beat")], environment, log), 1),
    }
    return Chaos(targets, dice, PAUSE), "Redis" if redis else "a folder of files, for there is no redis-server here"


def _send() -> None:
    session, shop = plugin().session, plugin().shop
    draft = Draft("Spring", "Dear {{ first_name }},\n\nthe workshop is open again.", "Spring, {{ first_name }}")
    for _ in range(DISPATCHES):
        newsletter = newsletters.add(session, shop, "email", draft, COMMAND_LINE)
        key = secrets.token_hex(16)
        dispatches.start(session, plugin(), newsletter, [], key, COMMAND_LINE, control_copy=False)
    session.commit()


def _over(app: Flask) -> bool:
    try:
        with app.app_context():
            under_way = ("scheduled", "preparing", "sending")
            return plugin().session.scalar(select(Dispatch.id).where(Dispatch.status.in_(under_way)).limit(1)) is None
    except DBAPIError:
        return False


def _tell(chaos: Chaos, found: Account, broker: str, seconds: float) -> None:
    print(f"Celery's messages go through {broker}; {seconds:,.0f} seconds")
    table([["killed", "times"], *sorted(chaos.kills.items())])
    table([["recipients", ""], *sorted(found.statuses.items())])
    table(
        [
            ["account", ""],
            ["lost", found.lost],
            ["doubled", found.doubled],
            ["came, and neither sent nor unknown", found.unlisted],
            ["unknown, and came", found.unknown_that_came],
            ["unknown, and did not come", found.statuses["unknown"] - found.unknown_that_came],
            ["unknown by the death of a worker, at most", max(found.unknown_of.values(), default=0)],
        ]
    )


def _end(run: str) -> None:
    """Also those whose parents were killed; they carry this run's name."""
    for process in psutil.process_iter():
        try:
            if process.environ().get(_RUN) == run:
                process.kill()
        except psutil.Error:
            continue


if __name__ == "__main__":
    main()
