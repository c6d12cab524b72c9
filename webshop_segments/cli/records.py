"""The first administrator, the first version of the consent, and the ledger."""

from __future__ import annotations

import click

from ..access import COMMAND_LINE
from ..administration import accounts
from ..consent import default_text, projection, verification, versions
from ..plugin import plugin
from .group import admin, consents, ledger


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
