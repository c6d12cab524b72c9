"""How fast an audience of a million people is counted, and written as the deliveries of a sending to everybody."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from webshop_segments.access import COMMAND_LINE
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.db import worker_engine
from webshop_segments.newsletter import dispatches, newsletters
from webshop_segments.newsletter.engine import preparation
from webshop_segments.newsletter.models import Delivery
from webshop_segments.newsletter.newsletters import Draft
from webshop_segments.plugin import EXTENSION, Plugin
from webshop_segments.segments import audience
from webshop_segments.segments.audience import Choice
from webshop_segments.segments.models import Segment

from . import ground, host, people, report

CHANNELS = ("email", "sms", "phone")
SEGMENTS = 200
CHOSEN = (1, 50, 100, 150, 200)
"""By size: the largest, the smallest, three between."""


@dataclass(frozen=True)
class Measured:
    """One shop's times, in seconds, and sizes."""

    people: int
    records: int
    chosen: int
    counting_five: float
    counting_all: float
    deliveries: int
    writing: float

    @property
    def rate(self) -> float:
        """Deliveries written per second, until they are committed."""
        return self.deliveries / self.writing


def main() -> None:
    """Measure a shop of 100,000 and one of 1,000,000 people, each on a PostgreSQL of its own."""
    small, large = (_measured(report.scaled(number)) for number in (100_000, 1_000_000))
    columns = (small, large)
    report.table(
        [
            ("people", *(column.people for column in columns)),
            ("consent records", *(column.records for column in columns)),
            ("people in five segments", *(column.chosen for column in columns)),
            ("counting five segments, ms", *(column.counting_five * 1000 for column in columns)),
            ("counting everybody, ms", *(column.counting_all * 1000 for column in columns)),
            ("deliveries to everybody", *(column.deliveries for column in columns)),
            ("writing them, s", *(column.writing for column in columns)),
            ("deliveries per second", *(column.rate for column in columns)),
        ]
    )
    report.result(
        {
            "rows_per_s": round(large.rate),
            "count_ms": round(large.counting_five * 1000),
            "growth": round(large.rate / small.rate, 2),
        }
    )


def _measured(number: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder, ground.postgresql(Path(folder)) as server:
        engine = create_engine(server.url)
        people.fill(
            engine, people=number, channels=CHANNELS, segments=SEGMENTS, members_per_segment=max(1, number // 500)
        )
        print(f"{number:,} people on {report.machine(engine)}", flush=True)
        engine.dispose()
        os.environ["BENCH_DATABASE_URL"] = server.url
        app = host.create_app()
        with app.app_context():
            return _of_shop(app, number)


def _of_shop(app: Flask, number: int) -> Measured:
    plugin: Plugin = app.extensions[EXTENSION]
    session = plugin.session
    segments = session.scalars(select(Segment.id).order_by(Segment.id)).all()
    five = Choice("email", everybody=False, segment_ids=tuple(segments[place - 1] for place in CHOSEN))
    everybody = Choice("email", everybody=True)
    chosen = sum(audience.counts(session, plugin.shop, five).values())
    counting_five = _seconds(lambda: audience.counts(session, plugin.shop, five))
    counting_all = _seconds(lambda: audience.counts(session, plugin.shop, everybody))
    records = session.scalar(select(func.count()).select_from(ConsentRecord)) or 0
    engine = worker_engine(plugin.engine)
    written = [_written(plugin, engine, f"bench-{run}") for run in range(3)]
    engine.dispose()
    plugin.engine.dispose()
    deliveries = written[0][0]
    writing = median(seconds for _rows, seconds in written)
    return Measured(number, records, chosen, counting_five, counting_all, deliveries, writing)


def _seconds(work: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return median(taken)


def _written(plugin: Plugin, engine: Engine, request_key: str) -> tuple[int, float]:
    """How many deliveries a sending to everybody has, and in how many seconds they were there for good."""
    session = plugin.session
    draft = Draft(name="Spring", subject="Hello {{ first_name }}", body="Dear {{ first_name }}, look.")
    newsletter = newsletters.add(session, plugin.shop, "email", draft, COMMAND_LINE)
    dispatch = dispatches.start(session, plugin, newsletter, (), request_key, COMMAND_LINE)
    session.commit()
    sessions = sessionmaker(engine, expire_on_commit=False, class_=Session)
    begun = time.perf_counter()
    for _slice in preparation.prepare(sessions, plugin, dispatch):
        pass
    seconds = time.perf_counter() - begun
    count = session.scalar(select(func.count()).select_from(Delivery).where(Delivery.dispatch_id == dispatch.id))
    session.commit()
    return count or 0, seconds


if __name__ == "__main__":
    main()
