"""Setting up, checking and removing: the plugin's tables, its wiring, its address."""

from __future__ import annotations

from pathlib import Path

import click

from .. import migration, stamp, uninstalling
from ..directory import wiring
from ..plugin import plugin
from .group import database, segments


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


@segments.command("adopt-url")
def adopt_url() -> None:
    """Accept that WSS_PUBLIC_URL has changed."""
    wired = plugin()
    stamp.adopt_url(wired.session, wired.settings)
    wired.session.commit()
    click.echo(f"Links now start with {wired.settings.public_url}")


@segments.command("uninstall")
@click.option(
    "--export",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file for the proofs of consent.",
)
@click.confirmation_option(prompt="All tables of webshop_segments will be removed. Go on?")
def uninstall(file: Path) -> None:
    """Write all proofs of consent into a new file, then remove our tables."""
    wired = plugin()
    wired.check_stamp()
    uninstalling.refuse_while_in_use(wired)
    click.echo(f"{uninstalling.export(wired, file)} records of the ledger are in {file}, and were read back.")
    uninstalling.remove(wired)
    click.echo("The tables are gone. Keep the file and WSS_KEYS; take WebshopSegments(…) out of the app.")
