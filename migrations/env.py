"""Run the plugin's migrations on the connection :mod:`webshop_segments.migration` hands over."""

from __future__ import annotations

from alembic import context

from webshop_segments.migration import context_options, metadata_in

connection = context.config.attributes["connection"]
schema = context.config.attributes["schema"]

context.configure(connection=connection, target_metadata=metadata_in(schema), **context_options(schema))
with context.begin_transaction():
    context.run_migrations()
