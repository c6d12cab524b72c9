"""An import's life: uploaded, its columns named, read, looked at, accepted or discarded (W31).

Nothing outside its own two tables is written before somebody accepts it. Reading, accepting and deleting are done by
:mod:`.work`, a slice at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, BinaryIO

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..administration import audit
from ..errors import Refused
from ..i18n import _
from . import columns, reading
from .judging import VERDICTS
from .models import Import, ImportRow

UPLOADING = "uploading"
MAPPING = "mapping"
READING = "reading"
WAITING = "waiting"
ACCEPTING = "accepting"
DONE = "done"
DISCARDED = "discarded"

KEPT = timedelta(days=7)
"""How long an import waits to be accepted, and how long the refused rows of an accepted one can be fetched."""

CHUNK = "chunk"
_RECORDS = 500
_CHARACTERS = 500_000
_FILE = "file"
_SAMPLE = 3


def begin(session: Session, file_name: str, how: reading.Layout, by: Actor) -> Import:
    """An empty import (flushes)."""
    shown = "".join(char for char in file_name if char.isprintable()).strip()[-200:] or "?"
    row = Import(file_name=shown, status=UPLOADING, created_by=by.name)
    session.add(row)
    session.flush()
    facts = {
        "header": list(how.header),
        "width": how.width,
        "fields": columns.recognised(how.header) or [""] * how.width,
        "encoding": how.encoding,
        "delimiter": how.delimiter,
        "sample": [],
        "rows": 0,
    }
    session.add(ImportRow(import_id=row.id, line=0, verdict=_FILE, values=facts))
    session.flush()
    return row


def store(session: Session, row: Import, file: BinaryIO, how: reading.Layout) -> Iterator[None]:
    """Keep the records of a file as they are (flushes); the caller commits at each step.

    :raises Refused: where the file cannot be read to its end, or holds no row; the caller discards the import.
    """
    chunk: list[reading.Record] = []
    sample: list[list[str]] = []
    size = number = rows = 0
    for record in reading.records(file, how):
        chunk.append(record)
        size += sum(map(len, record[1]))
        rows += 1
        if len(sample) < _SAMPLE:
            sample.append([cell[:80] for cell in record[1]])
        if len(chunk) >= _RECORDS or size >= _CHARACTERS:
            number += 1
            _keep(session, row, number, chunk)
            chunk, size = [], 0
            yield
    if chunk:
        _keep(session, row, number + 1, chunk)
    if not rows:
        raise Refused(_("The file has headings, but no row below them."), field="file")
    facts = note(session, row, rows=rows, sample=sample)
    row.status = READING if columns.clear(facts["fields"]) and facts["header"] else MAPPING
    session.flush()
    yield


def _keep(session: Session, row: Import, number: int, chunk: Sequence[reading.Record]) -> None:
    kept = {"import_id": row.id, "line": -number, "verdict": CHUNK, "reason": "", "values": {"rows": list(chunk)}}
    session.execute(insert(ImportRow), [kept])


def get(session: Session, number: int) -> Import:
    """:raises Refused: (404) when there is none, or it was discarded."""
    row = session.get(Import, number, populate_existing=True)
    if row is None or row.status == DISCARDED:
        raise Refused(_("This import does not exist any more. Upload the file again."), status=404)
    return row


def latest(session: Session, most: int = 50) -> Sequence[Import]:
    """The newest imports."""
    return session.scalars(
        select(Import).where(Import.status != DISCARDED).order_by(Import.id.desc()).limit(most)
    ).all()


def facts_of(session: Session, row: Import) -> Mapping[str, Any]:
    """What is known of the file: header, fields, encoding, delimiter, sample, rows; and of the accepting."""
    return session.get_one(ImportRow, (row.id, 0)).values


def note(session: Session, row: Import, **facts: Any) -> dict[str, Any]:
    """Add to what is known (flushes)."""
    kept = session.get_one(ImportRow, (row.id, 0), populate_existing=True)
    kept.values = {**kept.values, **facts}
    session.flush()
    return kept.values


def name_columns(session: Session, row: Import, fields: Sequence[str]) -> None:
    """Say what each column holds (flushes); then the file can be read.

    :raises Refused: for no e-mail column, a field given twice, or an import that was read already.
    """
    if row.status != MAPPING:
        raise Refused(_("The columns of this import are settled already."), status=409)
    facts = facts_of(session, row)
    known = [field for field in fields if field]
    if len(fields) != facts["width"] or not set(known) <= set(columns.FIELDS):
        raise Refused(_("The columns could not be read. Open the page again and choose anew."))
    if "email" not in known:
        raise Refused(_("Choose the column with the e-mail addresses."))
    if len(known) > len(set(known)):
        raise Refused(_("Two columns are given the same meaning. Choose each meaning once."))
    note(session, row, fields=list(fields))
    row.status = READING
    session.flush()


def counts(session: Session, row: Import) -> dict[str, int]:
    """Rows per verdict."""
    found = session.execute(
        select(ImportRow.verdict, func.count())
        .where(ImportRow.import_id == row.id, ImportRow.verdict.in_(VERDICTS))
        .group_by(ImportRow.verdict)
    )
    return {verdict: count for verdict, count in found}


def reasons(session: Session, row: Import) -> Sequence[tuple[str, int]]:
    """Why rows were refused, the commonest first."""
    count = func.count()
    found = session.execute(
        select(ImportRow.reason, count)
        .where(ImportRow.import_id == row.id, ImportRow.verdict == "refused")
        .group_by(ImportRow.reason)
        .order_by(count.desc(), ImportRow.reason)
    )
    return [(reason, number) for reason, number in found]


def rows_of(
    session: Session, row: Import, verdict: str, after: int, size: int = 50
) -> tuple[Sequence[ImportRow], int | None]:
    """Rows with a verdict by line, and what to continue after."""
    found = session.scalars(
        select(ImportRow)
        .where(ImportRow.import_id == row.id, ImportRow.verdict == verdict, ImportRow.line > after)
        .order_by(ImportRow.line)
        .limit(size + 1)
    ).all()
    return found[:size], found[size - 1].line if len(found) > size else None


def accept(session: Session, row: Import, by: Actor) -> None:
    """Let the work of an import begin (flushes). Pressed twice it begins once.

    :raises Refused: (409) when it is not waiting for this any more.
    """
    taken = session.scalar(
        update(Import)
        .where(Import.id == row.id, Import.status == WAITING)
        .values(status=ACCEPTING, accepted_at=clock.now())
        .returning(Import.id)
        .execution_options(synchronize_session="fetch")
    )
    if taken is None:
        raise Refused(_("This import was accepted already, or is not ready yet."), status=409)
    found = counts(session, row)
    expected = {name: found.get(name, 0) for name in VERDICTS}
    by_whom = {"kind": by.kind, "ref": by.ref, "name": by.name}
    note(session, row, expected=expected, by=by_whom, done=dict.fromkeys(VERDICTS, 0))
    audit.record(session, by, "import.accepted", "import", row.id, row.file_name, count=sum(expected.values()))


def discard(session: Session, row: Import, by: Actor) -> None:
    """Throw an import away (flushes); :mod:`.work` deletes its rows.

    :raises Refused: (409) while it is being accepted: half of it is in the ledger already.
    """
    taken = session.scalar(
        update(Import)
        .where(Import.id == row.id, Import.status != ACCEPTING)
        .values(status=DISCARDED)
        .returning(Import.id)
        .execution_options(synchronize_session="fetch")
    )
    if taken is None:
        raise Refused(_("This import is being accepted and cannot be discarded any more."), status=409)
    audit.record(session, by, "import.discarded", "import", row.id, row.file_name)


def sweep(session: Session) -> int:
    """Discard imports nobody accepted in time, and what is left of accepted ones (flushes); returns how many."""
    old = clock.now() - KEPT
    waiting = Import.status.in_((UPLOADING, MAPPING, READING, WAITING)) & (Import.created_at < old)
    over = (Import.status == DONE) & (Import.accepted_at < old)
    swept = session.execute(
        update(Import)
        .where(or_(waiting, over))
        .values(status=DISCARDED)
        .returning(Import.id)
        .execution_options(synchronize_session=False)
    )
    return len(swept.all())
