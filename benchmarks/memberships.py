"""Fills segments by the million, inside PostgreSQL: one holds everybody, the others many or few, each at a time."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from webshop_segments.access import COMMAND_LINE
from webshop_segments.db import SCHEMA_TOKEN
from webshop_segments.segments import operations

_STRIDE = 7919
"""A prime: its multiples meet every company before they meet one twice."""

_SUBSCRIBERS = """
INSERT INTO wss_subscriber (type, email, email_key, first_name, last_name, locale, is_active, created_at)
SELECT 'signup', 'reader' || n || '@post.example', md5('reader' || n), 'Reader', 'Number' || n,
       (ARRAY['de', 'en'])[n % 2 + 1], true, TIMESTAMPTZ '2021-01-01' + n * INTERVAL '1 minute'
FROM generate_series(1, :count) AS n
"""

_SUBJECTS = """
INSERT INTO wss_consent_subject (id, person_kind, person_ref, last_seq, head)
SELECT md5('subscriber' || id), 'subscriber', id::text, 1, '' FROM wss_subscriber
"""

_STATES = """
INSERT INTO wss_consent_state (person_kind, person_ref, channel, subject_id, record_id, status, version_number,
                               address_seen, address, address_key, since, wrong_codes)
SELECT 'subscriber', id::text, 'email', md5('subscriber' || id), 1, 'granted', 1, email, email, email_key, created_at, 0
FROM wss_subscriber WHERE id % 5 > 0
"""

_PARTNERS = """
INSERT INTO wss_segment_member (segment_id, kind, ref, ref_created_at, added_at, added_by)
SELECT :segment, 'partner', c.id::text, to_char(c.created_at, 'YYYY-MM-DD"T"HH24:MI:SS'),
       TIMESTAMPTZ '2025-01-01' + :segment * INTERVAL '1 hour', 'Bench'
FROM generate_series(1, :count) AS n JOIN company c ON c.id = (n * :stride + :segment * 31) % :all + 1
"""

_READERS = """
INSERT INTO wss_segment_member (segment_id, kind, ref, ref_created_at, added_at, added_by)
SELECT :segment, 'subscriber', s.id::text, to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
       TIMESTAMPTZ '2025-01-01' + :segment * INTERVAL '1 hour', 'Bench'
FROM generate_series(1, :count) AS n JOIN wss_subscriber s ON s.id = (n * :stride + :segment * 31) % :all + 1
"""


@dataclass(frozen=True)
class Filled:
    """The segments, the one that holds everybody last."""

    ids: list[int]
    largest: int
    members: int


def fill(engine: Engine, *, companies: int, subscribers: int, segments: int, members: int) -> Filled:
    """Make subscribers and segments; a segment's members are added together, those of the largest at the end.

    :param members: in all segments together.
    """
    engine = engine.execution_options(schema_translate_map={SCHEMA_TOKEN: None})
    with Session(engine) as session:
        made = [operations.add(session, f"Segment {number:03d}", COMMAND_LINE).id for number in range(1, segments + 1)]
        session.commit()
    *others, largest = made
    left = max(members - companies - subscribers, len(others))
    shares = [number**-0.5 for number in range(1, len(others) + 1)]
    # A name says nothing about the size.
    random.Random(1).shuffle(shares)
    with engine.begin() as connection:
        for statement in (_SUBSCRIBERS, _SUBJECTS, _STATES):
            connection.execute(text(statement), {"count": subscribers} if "count" in statement else {})
        for segment, share in zip(others, shares, strict=True):
            size = max(1, round(left * share / sum(shares)))
            readers = min(subscribers, size // 10)
            _add(connection, _PARTNERS, segment, min(companies, size - readers), companies)
            _add(connection, _READERS, segment, readers, subscribers)
        _add(connection, _PARTNERS, largest, companies, companies)
        _add(connection, _READERS, largest, subscribers, subscribers)
        count = connection.execute(text("SELECT count(*) FROM wss_segment_member")).scalar_one()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    return Filled(made, largest, count)


def _add(connection: Connection, statement: str, segment: int, count: int, of: int) -> None:
    connection.execute(text(statement), {"segment": segment, "count": count, "all": of, "stride": _STRIDE})
