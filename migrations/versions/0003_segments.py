"""Segments and their members."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from webshop_segments.db import BigId, UTCDateTime

revision = "0003"
down_revision = "0002"

SCHEMA = context.config.attributes["schema"]
PREFIX = f"{SCHEMA}." if SCHEMA else ""


def upgrade() -> None:
    op.create_table(
        "wss_segment",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("sort_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_segment")),
        sa.UniqueConstraint("name_key", name=op.f("uq_wss_segment_name_key")),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_wss_segment_sort_key_id"), "wss_segment", ["sort_key", "id"], schema=SCHEMA, unique=False)
    op.create_table(
        "wss_segment_member",
        sa.Column("id", BigId, nullable=False),
        sa.Column("segment_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("ref_created_at", sa.String(length=40), nullable=True),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("added_by", sa.String(length=254), nullable=False),
        sa.Column("gone_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["segment_id"],
            [f"{PREFIX}wss_segment.id"],
            name=op.f("fk_wss_segment_member_segment_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_segment_member")),
        sa.UniqueConstraint("segment_id", "kind", "ref", name=op.f("uq_wss_segment_member_segment_id_kind_ref")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_wss_segment_member_kind_ref"), "wss_segment_member", ["kind", "ref"], schema=SCHEMA, unique=False
    )


def downgrade() -> None:
    op.drop_table("wss_segment_member", schema=SCHEMA)
    op.drop_table("wss_segment", schema=SCHEMA)
