"""Chosen columns, the mail account, imports; newsletters without a note, excluded segments, sendings that follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from webshop_segments.db import BigId, UTCDateTime

revision = "0005"
down_revision = "0004"

SCHEMA = context.config.attributes["schema"]
PREFIX = f"{SCHEMA}." if SCHEMA else ""

ADDED = {
    "wss_newsletter": [
        sa.Column("with_note", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("sender", sa.String(length=20), nullable=False, server_default=""),
    ],
    "wss_dispatch": [sa.Column("follows_id", BigId, nullable=True)],
    "wss_dispatch_segment": [sa.Column("excluded", sa.Boolean(), nullable=False, server_default=sa.false())],
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column, schema=SCHEMA)
    op.create_index(
        op.f("ix_wss_segment_member_segment_id_id"),
        "wss_segment_member",
        ["segment_id", "id"],
        schema=SCHEMA,
        unique=False,
    )
    op.create_table(
        "wss_view_choice",
        sa.Column("actor", sa.String(length=101), nullable=False),
        sa.Column("view", sa.String(length=40), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "view", name=op.f("pk_wss_view_choice")),
        schema=SCHEMA,
    )
    op.create_table(
        "wss_mail_account",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sender_name", sa.String(length=120), nullable=False),
        sa.Column("sender_address", sa.String(length=254), nullable=False),
        sa.Column("server", sa.String(length=253), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(length=10), nullable=False),
        sa.Column("username", sa.String(length=254), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("per_hour", sa.Integer(), nullable=True),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("pause_seconds", sa.Integer(), nullable=True),
        sa.Column("opens", sa.String(length=5), nullable=True),
        sa.Column("closes", sa.String(length=5), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("modified_at", UTCDateTime(), nullable=False),
        sa.Column("modified_by", sa.String(length=254), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_mail_account")),
        schema=SCHEMA,
    )
    op.create_table(
        "wss_import",
        sa.Column("id", BigId, nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("accepted_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_import")),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "wss_import_row",
        sa.Column("import_id", BigId, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], [f"{PREFIX}wss_import.id"], name=op.f("fk_wss_import_row_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_wss_import_row")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_wss_import_row_import_id_verdict_line"),
        "wss_import_row",
        ["import_id", "verdict", "line"],
        schema=SCHEMA,
        unique=False,
    )


def downgrade() -> None:
    for table in ("wss_import_row", "wss_import", "wss_mail_account", "wss_view_choice"):
        op.drop_table(table, schema=SCHEMA)
    op.drop_index(op.f("ix_wss_segment_member_segment_id_id"), table_name="wss_segment_member", schema=SCHEMA)
    for table, columns in reversed(ADDED.items()):
        with op.batch_alter_table(table, schema=SCHEMA) as batch:
            for column in columns:
                batch.drop_column(column.name)
