"""What an operator starts and looks at: workers, progress, figures, returned mail, tidying up."""

from __future__ import annotations

import gc
import os
import sys

import click
from flask import current_app

from .. import processes as several
from ..newsletter import metrics, status
from ..newsletter.engine.worker import Worker
from ..newsletter.replies import incoming
from ..plugin import Plugin, plugin
from ..segments import sweep as sweeping
from .group import segments


@segments.command("work")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Worker processes.")
def work(processes: int) -> None:
    """Send what is due, until told to stop (Ctrl-C, SIGTERM)."""
    stop = several.stop_on_signal()
    if processes > 1 and several.PARENT not in os.environ:
        click.echo(f"{processes} workers are starting.")
        several.run(processes, stop)
    else:
        worker = Worker(plugin(), stop=stop)
        # The application's own objects stay: going through them again and again for garbage took a tenth of the time.
        gc.freeze()
        click.echo("The worker is running.")
        worker.run()
    click.echo("The worker has stopped.")


@segments.command("status")
def show_status() -> None:
    """What is being sent, how fast, and what waits for whom."""
    wired = plugin()
    for line in status.lines(wired.session, wired):
        click.echo(line)


@segments.command("metrics")
@click.option("--listen", metavar="HOST:PORT", help="Serve them, for example at 127.0.0.1:9108, until told to stop.")
def show_metrics(listen: str | None) -> None:
    """Figures for Prometheus."""
    if listen is None:
        click.echo(metrics.exposition(plugin()).decode(), nl=False)
        return
    host, _colon, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter("write it like 127.0.0.1:9108", param_hint="--listen")
    click.echo(f"Figures at http://{listen}/metrics")
    try:
        metrics.serve(current_app._get_current_object(), host, int(port), several.stop_on_signal())  # type: ignore[attr-defined]
    except OSError as error:
        raise click.ClickException(f"Nothing can listen at {listen}: {error.strerror or error}.") from None


@segments.command("bounce")
def take_bounce() -> None:
    """Take a returned mail, a complaint or an unsubscribing mail from standard input, where a mail server pipes it."""
    wired = plugin()
    try:
        _take(wired)
    except Exception as error:
        # EX_TEMPFAIL: the mail server keeps the mail and tries again, whatever the fault is.
        click.echo(f"Not taken: {error}", err=True)
        sys.exit(75)


def _take(wired: Plugin) -> None:
    wired.check_stamp()
    click.echo(incoming.take_mail(wired.session, wired.keys, sys.stdin.buffer.read()))
    wired.session.commit()


@segments.command("sweep")
def sweep() -> None:
    """Tidy up now what the worker tidies up every hour."""
    wired = plugin()
    swept = sweeping.sweep(wired.session, wired)
    wired.session.commit()
    click.echo(f"{swept.expired} requests expired, {swept.retyped} addresses re-typed, {swept.gone} members gone.")
