"""The shop whose workers are killed: their leases and rests are short, and they note which process holds which lease.

``flask --app benchmarks.victims segments work`` and ``celery -A benchmarks.celery_victims worker`` run it.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from flask import Flask

from webshop_segments.newsletter.engine import claims, duty
from webshop_segments.newsletter.engine.worker import LEASE_SECONDS, Worker
from webshop_segments.tasks import install

from . import host


def create_app() -> Flask:
    """The shop of :mod:`.host` with Celery on the broker at BENCH_BROKER; leases of BENCH_LEASE seconds."""
    assert Worker.__init__.__kwdefaults__
    Worker.__init__.__kwdefaults__["lease_seconds"] = lease = float(os.environ["BENCH_LEASE"])
    duty.LONGEST_REST *= lease / LEASE_SECONDS
    _note_leases(os.open(os.environ["BENCH_LEASES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    app = host.create_app()
    celery_app = app.extensions["celery"] = Celery("bench", broker=os.environ["BENCH_BROKER"])
    celery_app.conf.broker_connection_retry_on_startup = True
    if folder := os.environ.get("BENCH_BROKER_FOLDER"):
        names = ("data_folder_in", "data_folder_out", "control_folder")
        celery_app.conf.broker_transport_options = dict.fromkeys(names, folder)
    install(celery_app, app)
    return app


def _note_leases(notes: int) -> None:
    claim = claims.claim

    def noting(*arguments: Any, **options: Any) -> tuple[str, list[claims.Claimed]]:
        lease_id, claimed = claim(*arguments, **options)
        os.write(notes, b"%b\t%d\n" % (lease_id.encode(), os.getpid()))
        return lease_id, claimed

    claims.claim = noting
