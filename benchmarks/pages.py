"""How long the pages of a shop with 100,000 partners take, measured against a trivial page of the same app."""

from __future__ import annotations

import html
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from flask import Flask, render_template
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from webshop_segments.access import COMMAND_LINE
from webshop_segments.administration import accounts
from webshop_segments.blueprints.admin import bp
from webshop_segments.blueprints.guard import permission
from webshop_segments.newsletter import newsletters
from webshop_segments.newsletter.newsletters import Draft
from webshop_segments.plugin import EXTENSION, Plugin, plugin
from webshop_segments.segments.models import Segment, SegmentMember

from . import ground, host, memberships, people, report
from .memberships import Filled

CONTACTS, PER_COMPANY = 300_000, 3
SUBSCRIBERS = 100_000
SEGMENTS = 500
MEMBERS = 2_000_000
RUNS = 50

FIRST, LATE = 20, 300
"""So many times a trivial page may take: the first answer, and what comes after it."""

EMAIL, PASSWORD = "bench@shop.example", "correct horse battery"

_LATER = re.compile(r"<[^>]*\shx-get=\"([^\"]+)\"[^>]*\shx-trigger=\"(?:load|revealed)[^>]*>")


def main() -> None:
    """Build the shop on a PostgreSQL of its own, log in, and load each page fifty times."""
    with tempfile.TemporaryDirectory() as folder, ground.postgresql(Path(folder)) as server:
        engine = create_engine(server.url)
        begun = time.perf_counter()
        filled = _fill(engine)
        print(f"{filled.members:,} memberships on {report.machine(engine)}", flush=True)
        print(f"built in {time.perf_counter() - begun:,.0f} s", flush=True)
        engine.dispose()
        os.environ["BENCH_DATABASE_URL"] = server.url
        app = create_app()
        with app.app_context():
            paths = _paths(app.extensions[EXTENSION], filled)
            host.db.session.remove()
            results = list(_measured(app, paths))
            host.db.engine.dispose()
    trivial = results[0].seconds
    report.table(
        [
            ("page", "ms", "times trivial", "may take"),
            *((one.name, one.seconds * 1000, one.seconds / trivial, one.most) for one in results),
        ]
    )
    report.result({one.name: round(one.seconds / trivial, 2) for one in results})


@dataclass(frozen=True)
class Measured:
    """One page's median, and how many times a trivial page it may take."""

    name: str
    seconds: float
    most: int


def trivial() -> ResponseReturnValue:
    """The base template, the login check, one SELECT."""
    count = plugin().session.scalar(select(func.count()).select_from(Segment))
    return render_template("trivial.html", count=count)


def create_app() -> Flask:
    """The shop of :mod:`.host` with the trivial page beside the plugin's own."""
    bp.get("/trivial")(permission("segments.view")(trivial))
    app = host.create_app()
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def _fill(engine: Engine) -> Filled:
    contacts = report.scaled(CONTACTS)
    people.fill(engine, people=contacts, channels=("email", "sms"), per_company=PER_COMPANY)
    return memberships.fill(
        engine,
        companies=-(-contacts // PER_COMPANY),
        subscribers=report.scaled(SUBSCRIBERS),
        segments=max(5, report.scaled(SEGMENTS)),
        members=report.scaled(MEMBERS),
    )


def _paths(wired: Plugin, filled: Filled) -> dict[str, str]:
    """Where the pages are; makes the administrator and the newsletter they need."""
    session = wired.session
    accounts.create_main(session, EMAIL, PASSWORD, COMMAND_LINE)
    draft = Draft(name="Spring", subject="Hello {{ first_name }}", body="Dear {{ first_name }}, look.")
    newsletter = newsletters.add(session, wired.shop, "email", draft, COMMAND_LINE)
    session.commit()
    far, largest = _far(session, filled.largest), filled.largest
    steps = len(filled.ids) // 4
    five = [*filled.ids[: 4 * steps : steps], largest]
    chosen = "&".join(f"segment={number}" for number in five)
    return {
        "trivial": "/trivial",
        "segment list": "/segments",
        "segment": f"/segments/{largest}",
        "segment, far": f"/segments/{largest}?after={far}",
        "partner search": f"/segments/{largest}/search?q=fischer+77",
        "confirmation": f"/newsletters/{newsletter.id}/confirm?audience=segments&{chosen}",
    }


def _far(session: Session, segment: int) -> int:
    """The member that the 50,000 of a full-sized segment end with."""
    members = select(SegmentMember.id).where(SegmentMember.segment_id == segment).order_by(SegmentMember.id)
    return session.scalars(members.offset(report.scaled(50_000) - 1).limit(1)).one()


def _measured(app: Flask, paths: dict[str, str]) -> Iterator[Measured]:
    client = app.test_client()
    answer = client.post("/marketing/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    for name, path in paths.items():
        page, seconds = _loaded(client, f"/marketing{path}")
        yield Measured(name, seconds, FIRST if name != "trivial" else 1)
        for number, later in enumerate(_later(client, page), 1):
            seconds = _loaded(client, later, max(3, report.scaled(RUNS)), htmx=True)[1]
            yield Measured(f"{name}, late" + (f" {number}" if number > 1 else ""), seconds, LATE)


def _later(client: FlaskClient, page: str) -> list[str]:
    """What a page fetches when it is shown; of those that differ in a number only, the slowest."""
    shapes: dict[str, list[str]] = {}
    for address in map(html.unescape, dict.fromkeys(_LATER.findall(page))):
        shapes.setdefault(re.sub(r"\d+", "#", address), []).append(address)
    return [max(same, key=lambda one: _loaded(client, one, 1, htmx=True)[1]) for same in shapes.values()]


def _loaded(client: FlaskClient, path: str, runs: int = RUNS, *, htmx: bool = False) -> tuple[str, float]:
    """A page, and in how many seconds it comes, the median of so many times."""
    headers = {"HX-Request": "true"} if htmx else {}
    taken = []
    for _ in range(runs):
        begun = time.perf_counter()
        answer = client.get(path, headers=headers)
        taken.append(time.perf_counter() - begun)
        assert answer.status_code == 200, f"{path}: {answer.status}"
    return answer.text, median(taken)


if __name__ == "__main__":
    main()
