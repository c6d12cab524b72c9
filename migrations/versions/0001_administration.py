"""Administrators, history, system messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from webshop_segments.db import BigId, UTCDateTime

revision = "0001"
down_revision = None

SCHEMA = context.config.attributes["schema"]


def upgrade() -> None:
    op.create_table(
        "wss_administrator",
        sa.Column("id", BigId, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("group_name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.Column("blocked_at", UTCDateTime(), nullable=True),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("next_login_at", UTCDateTime(), nullable=True),
        sa.Column("last_login_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_administrator")),
        sa.UniqueConstraint("email_key", name=op.f("uq_wss_administrator_email_key")),
        schema=SCHEMA,
    )
    op.create_table(
        "wss_audit",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_ref", sa.String(length=80), nullable=False),
        sa.Column("actor_name", sa.String(length=254), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_kind", sa.String(length=30), nullable=False),
        sa.Column("object_ref", sa.String(length=80), nullable=False),
        sa.Column("object_name", sa.String(length=254), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_audit")),
        schema=SCHEMA,
    )
    op.create_index(op.f("ix_wss_audit_at_id"), "wss_audit", ["at", "id"], schema=SCHEMA, unique=False)
    op.create_index(
        op.f("ix_wss_audit_object_kind_object_ref"),
        "wss_audit",
        ["object_kind", "object_ref"],
        schema=SCHEMA,
        unique=False,
    )
    op.create_table(
        "wss_notice",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", UTCDateTime(), nullable=False),
        sa.Column("lease_id", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_notice")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_wss_notice_kind_address_key_created_at"),
        "wss_notice",
        ["kind", "address_key", "created_at"],
        schema=SCHEMA,
        unique=False,
    )
    op.create_index(
        op.f("ix_wss_notice_status_not_before"), "wss_notice", ["status", "not_before"], schema=SCHEMA, unique=False
    )
    op.create_table(
        "wss_stamp",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_wss_stamp")),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("wss_stamp", schema=SCHEMA)
    op.drop_table("wss_notice", schema=SCHEMA)
    op.drop_table("wss_audit", schema=SCHEMA)
    op.drop_table("wss_administrator", schema=SCHEMA)
