"""Taking the plugin out of a shop: the proofs of consent go into a file first, then the tables go (C02, C47).

Who was mailed must be able to prove the consent for years after the plugin is gone, and who objected must stay unmailed
by whatever comes next. The file holds both, one JSON object per line, and carries its own checksum.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session, selectinload

from . import clock, migration
from .consent import verification
from .consent.models import ConsentRecord, ConsentState, ConsentVersion, Suppression
from .consent.proofs import columns, proof, published
from .directory.models import Subscriber
from .errors import Refused
from .i18n import _, ngettext
from .newsletter.models import Dispatch
from .newsletter.transitions import UNFINISHED
from .plugin import Plugin

FORMAT = "webshop_segments proofs 1"
SLICE = 500
_WHOLE = (selectinload(ConsentRecord.evidence), selectinload(ConsentRecord.version))


def export(wired: Plugin, file: Path) -> int:
    """Write all proofs to a new file that only its owner may read, and read it back.

    :returns: how many records of the ledger are in it.
    :raises Refused: where the file exists already or cannot be written, or is not what was written.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(_("%(file)s is there already; name a new file.", file=file)) from None
    except OSError as error:
        raise Refused(_("%(file)s cannot be written: %(reason)s.", file=file, reason=error.strerror)) from None
    digest, records = hashlib.sha256(), 0
    with open(handle, "wb") as out:
        for row in _rows(wired):
            records += row["kind"] == "record"
            line = _line(row)
            digest.update(line)
            out.write(line)
        out.write(_line({"kind": "end", "records": records, "sha256": digest.hexdigest()}))
        out.flush()
        os.fsync(out.fileno())
    if check(file) != records:
        raise Refused(_("%(file)s is not what was written; look at the disk.", file=file))
    return records


def check(file: Path) -> int:
    """How many records an export holds.

    :raises Refused: when it was cut or changed.
    """
    digest, records, end = hashlib.sha256(), 0, None
    with open(file, "rb") as lines:
        for line in lines:
            row = _read(line)
            if end is not None or row is None:
                end = None
                break
            if row.get("kind") == "end":
                end = row
                continue
            records += row.get("kind") == "record"
            digest.update(line)
    if end is None or (end["records"], end["sha256"]) != (records, digest.hexdigest()):
        raise Refused(_("%(file)s was cut or changed.", file=file))
    return records


def refuse_while_in_use(wired: Plugin) -> None:
    """:raises Refused: while something is being sent, or the ledger is not whole."""
    unfinished = wired.session.scalar(select(func.count()).select_from(Dispatch).where(Dispatch.status.in_(UNFINISHED)))
    if unfinished:
        raise Refused(
            ngettext(
                "%(num)s sending is not finished; cancel it or let it end.",
                "%(num)s sendings are not finished; cancel them or let them end.",
                unfinished,
            )
        )
    if any(verification.faults(wired.session)):
        raise Refused(_("The ledger has faults; see: flask segments ledger verify"))


def remove(wired: Plugin) -> None:
    """Take all our tables away, and what remembered their version; a schema stays, it may be the shop's."""
    schema = wired.settings.schema
    wired.session.close()
    migration.downgrade(wired.engine, schema)
    table = f'"{schema}".{migration.VERSION_TABLE}' if schema else migration.VERSION_TABLE
    with wired.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP TABLE {table}"))


def left_over(wired: Plugin) -> list[str]:
    """Our tables that are still there."""
    found = inspect(wired.engine).get_table_names(schema=wired.settings.schema)
    return [name for name in found if name.startswith(migration.PREFIX)]


def _rows(wired: Plugin) -> Iterator[dict[str, Any]]:
    session = wired.session
    yield {
        "kind": "start",
        "format": FORMAT,
        "shop": wired.settings.shop_name,
        "exported_at": clock.now().isoformat(),
        "address_keys": f"HMAC-SHA-256 under the key {wired.keys.address_key_id!r} of WSS_KEYS: keep that key.",
    }
    for version in session.scalars(select(ConsentVersion).order_by(ConsentVersion.number)):
        yield {"kind": "version"} | published(version)
    for subscriber in _all(session, Subscriber, Subscriber.id):
        yield {"kind": "subscriber"} | columns(subscriber)
    for record in _all(session, ConsentRecord, ConsentRecord.id, *_WHOLE):
        yield {"kind": "record"} | proof(record)
    states = session.scalars(select(ConsentState).execution_options(yield_per=SLICE))
    yield from ({"kind": "state"} | columns(state) for state in states)
    blocked = session.scalars(select(Suppression).execution_options(yield_per=SLICE))
    yield from ({"kind": "suppression"} | columns(row) for row in blocked)


def _all(session: Session, table: Any, key: Any, *options: Any) -> Iterator[Any]:
    """Rows slice by slice, none kept: a shop has millions of records."""
    last, ordered = 0, select(table).options(*options).order_by(key).limit(SLICE)
    while rows := session.scalars(ordered.where(key > last)).all():
        last = rows[-1].id
        yield from rows
        session.expunge_all()


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
