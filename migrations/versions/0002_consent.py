"""Subscribers, consent versions, the ledger, suppression."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from webshop_segments.db import BigId, UTCDateTime

revision = "0002"
down_revision = "0001"

SCHEMA = context.config.attributes["schema"]
PREFIX = f"{SCHEMA}." if SCHEMA else ""


def upgrade() -> None:
    op.create_table(
        "wss_consent_subject",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_kind", sa.String(length=10), nullable=True),
        sa.Column("person_ref", sa.String(length=80), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_consent_subject")),
        sa.UniqueConstraint("person_kind", "person_ref", name=op.f("uq_wss_consent_subject_person_kind_person_ref")),
        schema=SCHEMA,
    )
    op.create_table(
        "wss_consent_version",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("change", sa.String(length=10), nullable=False),
        sa.Column("channels_added", sa.JSON(), nullable=False),
        sa.Column("channels_removed", sa.JSON(), nullable=False),
        sa.Column("controller", sa.String(length=255), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.Column("published_by", sa.String(length=254), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_consent_version")),
        sa.UniqueConstraint("number", name=op.f("uq_wss_consent_version_number")),
        schema=SCHEMA,
    )
    op.create_table(
        "wss_subscriber",
        sa.Column("id", BigId, nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_key", sa.String(length=32), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("first_name", sa.String(length=120), nullable=False),
        sa.Column("last_name", sa.String(length=120), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_subscriber")),
        sa.UniqueConstraint("email_key", name=op.f("uq_wss_subscriber_email_key")),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "wss_suppression",
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("address_key", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address_key", name=op.f("pk_wss_suppression")),
        schema=SCHEMA,
    )
    op.create_table(
        "wss_consent_record",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("version_id", BigId, nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("evidence_digest", sa.String(length=64), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], [f"{PREFIX}wss_consent_subject.id"], name=op.f("fk_wss_consent_record_subject_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], [f"{PREFIX}wss_consent_version.id"], name=op.f("fk_wss_consent_record_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_consent_record")),
        sa.UniqueConstraint("subject_id", "seq", name=op.f("uq_wss_consent_record_subject_id_seq")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_wss_consent_record_version_id_channel"),
        "wss_consent_record",
        ["version_id", "channel"],
        schema=SCHEMA,
        unique=False,
    )
    op.create_table(
        "wss_consent_text",
        sa.Column("id", BigId, nullable=False),
        sa.Column("version_id", BigId, nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("withdrawal", sa.Text(), nullable=False),
        sa.Column("privacy_url", sa.String(length=500), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], [f"{PREFIX}wss_consent_version.id"], name=op.f("fk_wss_consent_text_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wss_consent_text")),
        sa.UniqueConstraint("version_id", "language", name=op.f("uq_wss_consent_text_version_id_language")),
        schema=SCHEMA,
    )
    op.create_table(
        "wss_consent_evidence",
        sa.Column("record_id", BigId, autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("person_kind", sa.String(length=10), nullable=True),
        sa.Column("person_ref", sa.String(length=80), nullable=True),
        sa.Column("address_seen", sa.String(length=254), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("address_key", sa.String(length=32), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=255), nullable=True),
        sa.Column("form", sa.String(length=255), nullable=True),
        sa.Column("erased_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], [f"{PREFIX}wss_consent_record.id"], name=op.f("fk_wss_consent_evidence_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_wss_consent_evidence")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_wss_consent_evidence_person_kind_person_ref"),
        "wss_consent_evidence",
        ["person_kind", "person_ref"],
        schema=SCHEMA,
        unique=False,
    )
    op.create_table(
        "wss_consent_state",
        sa.Column("person_kind", sa.String(length=10), nullable=False),
        sa.Column("person_ref", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=True),
        sa.Column("address_seen", sa.String(length=254), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("address_key", sa.String(length=32), nullable=True),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], [f"{PREFIX}wss_consent_record.id"], name=op.f("fk_wss_consent_state_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], [f"{PREFIX}wss_consent_subject.id"], name=op.f("fk_wss_consent_state_subject_id")
        ),
        sa.PrimaryKeyConstraint("person_kind", "person_ref", "channel", name=op.f("pk_wss_consent_state")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_wss_consent_state_channel_address_key"),
        "wss_consent_state",
        ["channel", "address_key"],
        schema=SCHEMA,
        unique=False,
    )
    op.create_index(
        op.f("ix_wss_consent_state_record_id"), "wss_consent_state", ["record_id"], schema=SCHEMA, unique=False
    )
    _forbid_changes()


def downgrade() -> None:
    op.drop_table("wss_consent_state", schema=SCHEMA)
    op.drop_table("wss_consent_evidence", schema=SCHEMA)
    op.drop_table("wss_consent_text", schema=SCHEMA)
    op.drop_table("wss_consent_record", schema=SCHEMA)
    op.drop_table("wss_suppression", schema=SCHEMA)
    op.drop_table("wss_subscriber", schema=SCHEMA)
    op.drop_table("wss_consent_version", schema=SCHEMA)
    op.drop_table("wss_consent_subject", schema=SCHEMA)
    if op.get_bind().dialect.name == "postgresql":
        function = f"{SCHEMA}.wss_refuse_change" if SCHEMA else "wss_refuse_change"
        op.execute(f"DROP FUNCTION {function}()")


_REFUSAL = "The consent ledger is only appended to"


def _forbid_changes() -> None:
    """The database itself refuses to change or remove a record (GDPR 7(1): the shop must be able to prove)."""
    table = f"{SCHEMA}.wss_consent_record" if SCHEMA else "wss_consent_record"
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER wss_consent_record_{event.lower()} BEFORE {event} ON wss_consent_record "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    function = f"{SCHEMA}.wss_refuse_change" if SCHEMA else "wss_refuse_change"
    op.execute(
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER wss_consent_record_kept BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
