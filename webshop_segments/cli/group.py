"""The command ``flask segments`` and its groups; a fault is a sentence, never a traceback."""

from __future__ import annotations

from typing import Any

import click
from alembic.util import CommandError
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from ..errors import SegmentsError
from ..i18n import in_language
from ..plugin import plugin


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
