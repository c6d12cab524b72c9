"""Newsletters, dispatches, deliveries, and what limits have counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from webshop_segments.db import BigId, UTCDateTime

revision = "0004"
down_revision = "0003"

SCHEMA = context.config.attributes["schema"]
PREFIX = f"{SCHEMA}." if SCHEMA else ""


def upgrade() -> None:
    op.create_table(
        "wss_newsletter",
        sa.Column("id", BigId, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("reply_to", sa.String(length=254), nullable=True),
        sa.Column("preheader", sa.String(length=255), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("modified_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_newsletter")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_wss_newsletter_channel_modified_at"),
        "wss_newsletter",
        ["channel", "modified_at"],
        schema=SCHEMA,
        unique=False,
    )
    op.create_table(
        "wss_dispatch",
        sa.Column("id", BigId, nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=False),
        sa.Column("newsletter_id", BigId, nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("layout_html", sa.Text(), nullable=False),
        sa.Column("layout_text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("reply_to", sa.String(length=254), nullable=True),
        sa.Column("preheader", sa.String(length=255), nullable=False),
        sa.Column("sender_name", sa.String(length=120), nullable=False),
        sa.Column("sender_address", sa.String(length=254), nullable=False),
        sa.Column("everybody", sa.Boolean(), nullable=False),
        sa.Column("control_address", sa.String(length=254), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("trouble", sa.String(length=500), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("retry_at", UTCDateTime(), nullable=True),
        sa.Column("last_claimed_at", UTCDateTime(), nullable=True),
        sa.Column("claimed_to", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["newsletter_id"],
            [f"{PREFIX}wss_newsletter.id"],
            name=op.f("fk_wss_dispatch_newsletter_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_dispatch")),
        sa.UniqueConstraint("request_key", name=op.f("uq_wss_dispatch_request_key")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_wss_dispatch_newsletter_id"), "wss_dispatch", ["newsletter_id"], schema=SCHEMA, unique=False
    )
    op.create_index(
        op.f("ix_wss_dispatch_status_last_claimed_at"),
        "wss_dispatch",
        ["status", "last_claimed_at"],
        schema=SCHEMA,
        unique=False,
    )
    op.create_table(
        "wss_delivery",
        sa.Column("dispatch_id", BigId, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_kind", sa.String(length=10), nullable=False),
        sa.Column("person_ref", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", sa.String(length=32), nullable=False),
        sa.Column("domain", sa.String(length=254), nullable=False),
        sa.Column("record_id", BigId, nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", UTCDateTime(), nullable=True),
        sa.Column("lease_id", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("message_id", sa.String(length=254), nullable=True),
        sa.Column("provider_id", sa.String(length=80), nullable=True),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("dispatch_id", "number", name=op.f("pk_wss_delivery")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_wss_delivery_lease",
        "wss_delivery",
        ["lease_until"],
        schema=SCHEMA,
        unique=False,
        postgresql_where=sa.text("status IN ('claimed', 'sending')"),
        sqlite_where=sa.text("status IN ('claimed', 'sending')"),
    )
    op.create_index(
        "ix_wss_delivery_skipped_person",
        "wss_delivery",
        ["person_ref"],
        schema=SCHEMA,
        unique=False,
        postgresql_where=sa.text("status = 'skipped'"),
        sqlite_where=sa.text("status = 'skipped'"),
    )
    op.create_index(
        "ix_wss_delivery_status", "wss_delivery", ["dispatch_id", "status", "number"], schema=SCHEMA, unique=False
    )
    op.create_index(
        "uq_wss_delivery_address",
        "wss_delivery",
        ["address_key", "dispatch_id"],
        schema=SCHEMA,
        unique=True,
        postgresql_where=sa.text("status <> 'skipped'"),
        sqlite_where=sa.text("status <> 'skipped'"),
    )
    op.create_table(
        "wss_dispatch_exclusion",
        sa.Column("dispatch_id", BigId, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id"], [f"{PREFIX}wss_dispatch.id"], name=op.f("fk_wss_dispatch_exclusion_dispatch_id")
        ),
        sa.PrimaryKeyConstraint("dispatch_id", "reason", name=op.f("pk_wss_dispatch_exclusion")),
        schema=SCHEMA,
    )
    op.create_table(
        "wss_dispatch_segment",
        sa.Column("dispatch_id", BigId, nullable=False),
        sa.Column("segment_id", BigId, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id"], [f"{PREFIX}wss_dispatch.id"], name=op.f("fk_wss_dispatch_segment_dispatch_id")
        ),
        sa.PrimaryKeyConstraint("dispatch_id", "segment_id", name=op.f("pk_wss_dispatch_segment")),
        schema=SCHEMA,
    )
    op.create_table(
        "wss_limit_window",
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("domain", sa.String(length=254), nullable=False),
        sa.Column("rule", sa.String(length=10), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "domain", "rule", name=op.f("pk_wss_limit_window")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_wss_limit_window_channel_held_until"),
        "wss_limit_window",
        ["channel", "held_until"],
        schema=SCHEMA,
        unique=False,
    )
    op.create_table(
        "wss_provider_event",
        sa.Column("provider", sa.String(length=10), nullable=False),
        sa.Column("event_id", sa.String(length=120), nullable=False),
        sa.Column("dispatch_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id", "number"],
            [f"{PREFIX}wss_delivery.dispatch_id", f"{PREFIX}wss_delivery.number"],
            name=op.f("fk_wss_provider_event_dispatch_id_number"),
        ),
        sa.PrimaryKeyConstraint("provider", "event_id", name=op.f("pk_wss_provider_event")),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("wss_provider_event", schema=SCHEMA)
    op.drop_table("wss_limit_window", schema=SCHEMA)
    op.drop_table("wss_dispatch_segment", schema=SCHEMA)
    op.drop_table("wss_dispatch_exclusion", schema=SCHEMA)
    op.drop_table("wss_delivery", schema=SCHEMA)
    op.drop_table("wss_dispatch", schema=SCHEMA)
    op.drop_table("wss_newsletter", schema=SCHEMA)
