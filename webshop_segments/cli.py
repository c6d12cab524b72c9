"""flask segments …: the operator's commands."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import click
from alembic.util import CommandError
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from . import migration, stamp
from . import processes as several
from .access import COMMAND_LINE
from .administration import accounts
from .consent import default_text, projection, verification, versions
from .directory import wiring
from .errors import SegmentsError
from .i18n import in_language
from .newsletter import metrics, status
from .newsletter.engine.worker import Worker
from .newsletter.replies import incoming
from .plugin import Plugin, plugin
from .segments import sweep as sweeping


class Told(AppGroup):
    """Commands whose faults are sentences for the operator, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            # A host's locale_selector may ask the request, and a command has none.
            with ctx.obj.load_app().app_context(), in_language(None, plugin().settings.default_locale):
                return super().invoke(ctx)
        except (SegmentsError, CommandError) as error:
            raise click.ClickException(str(error)) from None
        except (OperationalError, ProgrammingError) as error:
            raise click.ClickException(
                f"The database refused: {str(error.orig).splitlines()[0]}. "
                "Where the plugin's tables are missing or old, run: flask segments db upgrade"
            ) from None


segments = Told("segments", help="Segments, consents and newsletters.")
database = AppGroup("db", help="The plugin's own tables.")
admin = AppGroup("admin", help="Administrators of the panel.")
consents = AppGroup("consents", help="Versions of the consent.")
ledger = AppGroup("ledger", help="The consent ledger.")
for group in (database, admin, consents, ledger):
    segments.add_command(group)


@database.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the plugin's tables up to date."""
    wired = plugin()
    migration.upgrade(wired.engine, wired.settings.schema, revision)
    click.echo("The plugin's tables are up to date.")


@database.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the plugin's tables back to a revision ("base": remove them)."""
    wired = plugin()
    migration.downgrade(wired.engine, wired.settings.schema, revision)
    click.echo(f"The plugin's tables are at {revision}.")


@database.command("check")
def check_tables() -> None:
    """Compare the database with the models."""
    wired = plugin()
    found = migration.differences(wired.engine, wired.settings.schema)
    for difference in found:
        click.echo(str(difference))
    if found:
        raise click.ClickException("The tables differ. Run: flask segments db upgrade")
    click.echo("No difference.")


@segments.command("check")
def check() -> None:
    """Verify the wiring: keys, address, tables, refs, languages, addresses of customers."""
    wired = plugin()
    stamp.verify(wired.session, wired.keys, wired.settings)
    wired.session.commit()
    findings = wiring.findings(wired.session, wired.shop)
    for finding in findings:
        click.echo(finding.sentence)
    if any(finding.serious for finding in findings):
        raise click.ClickException("The wiring needs mending.")
    click.echo("The wiring is right.")


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


@segments.command("adopt-url")
def adopt_url() -> None:
    """Accept that WSS_PUBLIC_URL has changed."""
    wired = plugin()
    stamp.adopt_url(wired.session, wired.settings)
    wired.session.commit()
    click.echo(f"Links now start with {wired.settings.public_url}")


@admin.command("create")
@click.argument("email")
@click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for where it is not given."
)
def create_administrator(email: str, password: str) -> None:
    """Create the main administrator."""
    wired = plugin()
    accounts.create_main(wired.session, email, password, COMMAND_LINE)
    wired.session.commit()
    click.echo(f"{email} is the main administrator. Log in at {wired.settings.public_url}{wired.settings.url_prefix}/")


@consents.command("publish-first")
@click.option("--privacy-url", required=True, help="Address of the shop's privacy notice.")
def publish_first(privacy_url: str) -> None:
    """Publish version 1: e-mail, with the wording the plugin proposes."""
    wired = plugin()
    if versions.current(wired.session) is not None:
        raise click.ClickException("Version 1 is published already; the next ones are published in the panel.")
    wordings = default_text.default_wordings(wired.settings.shop_name, privacy_url)
    versions.publish(
        wired.session,
        channels=["email"],
        wordings=wordings,
        controller=wired.settings.shop_name,
        change=versions.EDITORIAL,
        end_removed=False,
        by=COMMAND_LINE,
    )
    wired.session.commit()
    click.echo("Version 1 is published: e-mail.")


@ledger.command("verify")
def verify_ledger() -> None:
    """Walk every chain of the ledger and compute every digest again."""
    faults = list(verification.faults(plugin().session))
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException(f"The ledger has {len(faults)} faults.")
    click.echo("The ledger is whole.")


@ledger.command("rebuild")
def rebuild_state() -> None:
    """Compute the state of all consents again from the ledger."""
    session = plugin().session
    changed = projection.rebuild(session)
    session.commit()
    for kind, ref, channel in changed:
        click.echo(f"{kind} {ref}, {channel}: corrected")
    click.echo(f"{len(changed)} rows differed.")
