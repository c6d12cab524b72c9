"""The work an import makes, a slice at a time: read and judged, carried out, deleted.

Each slice takes the import's row first, so that a view and any number of workers never do one twice; what is done is
deleted from the import in the same transaction, so that a crash at any moment repeats nothing and loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from ..access import Actor
from ..administration import audit
from ..consent import confirmation
from ..notices.models import Notice
from ..plugin import Plugin
from . import candidates, imports, judging, taking
from .candidates import Candidate, Unfit
from .imports import ACCEPTING, CHUNK, DISCARDED, DONE, READING, WAITING
from .judging import REFUSED, SAME, TAKEN, Judge, Judgement
from .models import Import, ImportRow

_TAKEN_AT_ONCE = 20
_DELETED_AT_ONCE = 5_000
_MARKED_AT_ONCE = 5_000
MOST_UNSENT = 200
"""Confirmations that may wait to leave: an invitation queued behind them would wait with them."""


def step(session: Session, plugin: Plugin, number: int | None = None) -> bool:
    """Do one slice of the oldest import with something to do, or of this one (flushes; the edge commits).

    :returns: whether anything was done.
    """
    due = select(Import.id).where(Import.status.in_((READING, ACCEPTING, DISCARDED)))
    due = due if number is None else due.where(Import.id == number)
    return any(_slice(session, plugin, found) for found in session.scalars(due.order_by(Import.id)).all())


def _slice(session: Session, plugin: Plugin, number: int) -> bool:
    held = update(Import).where(Import.id == number).values(status=Import.status).returning(Import.id)
    if session.scalar(held.execution_options(synchronize_session=False)) is None:
        return False
    row = session.get_one(Import, number, populate_existing=True)
    if row.status == READING:
        return _read(session, plugin, row)
    if row.status == ACCEPTING:
        return _accept(session, plugin, row)
    return row.status == DISCARDED and _delete(session, row)


def _read(session: Session, plugin: Plugin, row: Import) -> bool:
    chunk = session.scalar(
        select(ImportRow)
        .where(ImportRow.import_id == row.id, ImportRow.verdict == CHUNK)
        .order_by(ImportRow.line.desc())
        .limit(1)
    )
    if chunk is None:
        if not _refuse_repeated(session, row):
            row.status = WAITING
            session.flush()
        return True
    fields = imports.facts_of(session, row)["fields"]
    rows: list[dict[str, Any]] = []
    good: list[tuple[Candidate, list[str]]] = []
    for line, cells in chunk.values["rows"]:
        try:
            good.append((candidates.read(plugin.keys, plugin.settings, line, cells, fields), cells))
        except Unfit as fault:
            rows.append(_row(row, line, Judgement(REFUSED, fault.reason, fault.about), {"cells": cells}))
    judged = Judge(session, plugin).judge([candidate for candidate, _cells in good])
    for (candidate, cells), judgement in zip(good, judged, strict=True):
        rows.append(_row(row, candidate.line, judgement, {"cells": cells, **candidates.to_store(candidate)}))
    session.execute(insert(ImportRow), rows)
    session.delete(chunk)
    session.flush()
    return True


def _row(row: Import, line: int, judged: Judgement, values: dict[str, Any]) -> dict[str, Any]:
    values |= {"about": judged.about, "grants": list(judged.grants), "asks": list(judged.asks)}
    return {
        "import_id": row.id,
        "line": line,
        "verdict": judged.verdict,
        "reason": judged.reason,
        "values": values,
    }


def _refuse_repeated(session: Session, row: Import) -> bool:
    """Of several rows with one address the first counts; False when there are no others left."""
    key = ImportRow.values["key"].as_string()
    first = func.min(ImportRow.line).over(partition_by=key)
    rows = (
        select(ImportRow.line, first.label("first"))
        .where(ImportRow.import_id == row.id, ImportRow.verdict.in_((*TAKEN, SAME)))
        .subquery("rows")
    )
    repeated = session.execute(
        select(rows.c.line, rows.c.first).where(rows.c.line != rows.c.first).limit(_MARKED_AT_ONCE)
    ).all()
    firsts = {line: first for line, first in repeated}
    for start in range(0, len(repeated), 500):
        lines = [line for line, _first in repeated[start : start + 500]]
        for found in session.scalars(select(ImportRow).where(ImportRow.import_id == row.id, ImportRow.line.in_(lines))):
            _refuse(found, Judgement(REFUSED, "repeated", str(firsts[found.line])))
    session.flush()
    return bool(repeated)


def _refuse(found: ImportRow, judged: Judgement) -> None:
    found.verdict, found.reason = REFUSED, judged.reason
    found.values = {**found.values, "about": judged.about, "grants": [], "asks": []}


def _accept(session: Session, plugin: Plugin, row: Import) -> bool:
    rows = session.scalars(
        select(ImportRow)
        .where(ImportRow.import_id == row.id, ImportRow.verdict.in_(TAKEN))
        .order_by(ImportRow.verdict, ImportRow.line)
        .limit(_TAKEN_AT_ONCE)
    ).all()
    if not rows:
        return _finish(session, row)
    if any(found.values["asks"] for found in rows) and _unsent(session) >= MOST_UNSENT:
        return False
    judge, facts = Judge(session, plugin), imports.facts_of(session, row)
    given = [candidates.stored(found.line, found.values) for found in rows]
    by, done = Actor(**facts["by"]), Counter(facts["done"])
    # Since the preview somebody may have unsubscribed, signed up, or made an account.
    for found, candidate, judged in zip(rows, given, judge.judge(given), strict=True):
        judged = taking.take(session, plugin, judge, row, candidate, judged, by)
        done[judged.verdict] += 1
        if judged.verdict == REFUSED:
            _refuse(found, judged)
        else:
            session.delete(found)
    imports.note(session, row, done=dict(done))
    return True


def _unsent(session: Session) -> int:
    waiting = select(Notice.id).where(Notice.kind == confirmation.KIND, Notice.status == "queued")
    return session.scalar(select(func.count()).select_from(waiting.limit(MOST_UNSENT).subquery())) or 0


def _finish(session: Session, row: Import) -> bool:
    """Nothing is left to take: let the rows go that said nothing new, then close the import."""
    if _delete_some(session, row, ImportRow.verdict == SAME):
        return True
    facts = imports.facts_of(session, row)
    expected = facts["expected"]
    done = {**facts["done"], SAME: expected[SAME], REFUSED: imports.counts(session, row).get(REFUSED, 0)}
    imports.note(session, row, done=done)
    row.status = DONE
    numbers = {verdict: done.get(verdict, 0) for verdict in judging.VERDICTS}
    audit.record(session, Actor(**facts["by"]), "import.finished", "import", row.id, row.file_name, imported=numbers)
    session.flush()
    return True


def _delete(session: Session, row: Import) -> bool:
    if not _delete_some(session, row):
        session.delete(row)
        session.flush()
    return True


def _delete_some(session: Session, row: Import, *which: Any) -> int:
    lines = select(ImportRow.line).where(ImportRow.import_id == row.id, *which).limit(_DELETED_AT_ONCE)
    gone = session.execute(
        delete(ImportRow)
        .where(ImportRow.import_id == row.id, ImportRow.line.in_(lines))
        .returning(ImportRow.line)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def left(session: Session, row: Import, verdicts: Sequence[str]) -> int:
    """How many rows still wait to be worked off."""
    found = select(func.count()).where(ImportRow.import_id == row.id, ImportRow.verdict.in_(verdicts))
    return session.scalar(found) or 0
