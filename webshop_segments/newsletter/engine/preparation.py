"""A due dispatch meets its audience: one row per recipient before the first message leaves.

PostgreSQL does it in one INSERT … SELECT; SQLite in slices with commits, so that no checkout waits for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, case, delete, func, insert, literal, not_, select, text
from sqlalchemy.orm import Session, sessionmaker

from ...db import insert_new
from ...plugin import Plugin
from ...segments import audience
from .. import following
from ..models import Delivery, Dispatch, DispatchExclusion

SLICE = 500


def prepare(sessions: sessionmaker[Session], plugin: Plugin, dispatch: Dispatch) -> Iterator[None]:
    """Write the deliveries of a dispatch and its counts; yields between slices, for the caller to look around.

    A preparation that was cut off by a crash is done again from the start: nothing has left before its end.
    """
    with sessions() as session:
        dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        _at_once(sessions, plugin, dispatch)
        yield
    else:
        yield from _in_slices(sessions, plugin, dispatch)


def _at_once(sessions: sessionmaker[Session], plugin: Plugin, dispatch: Dispatch) -> None:
    with sessions() as session:
        # One snapshot for rows and counts: together they account for every person exactly once.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        # A million people are joined and sorted in memory; the server's usual 4 MB would take them through files.
        session.execute(text("SET LOCAL work_mem = '256MB'"))
        _start_anew(session, dispatch.id)
        people = audience.people(plugin.shop, following.choice_of(dispatch)).cte("audience")
        address = func.coalesce(people.c.address, "")
        is_email = dispatch.channel == "email"
        columns: dict[str, Any] = {
            "dispatch_id": literal(dispatch.id),
            # In the order they come, which is that of address_key: one more sort saved, and neighbours in its index.
            "number": func.row_number().over(),
            "person_kind": people.c.kind,
            "person_ref": people.c.ref,
            "address": address,
            "address_key": func.coalesce(people.c.address_key, ""),
            "domain": func.lower(func.split_part(address, "@", 2)) if is_email else literal(""),
            "record_id": people.c.record_id,
            "status": case((people.c.reason.is_(None), "queued"), else_="skipped"),
            "reason": func.coalesce(people.c.reason, ""),
            "attempts": literal(0),
        }
        # Whoever was served before is only counted: a sending that adds a few to a million writes no million rows.
        listed = and_(people.c.record_id.is_not(None), func.coalesce(people.c.reason, "") != "sent_before")
        chosen = select(*columns.values()).where(listed)
        written = insert(Delivery).from_select(list(columns), chosen).cte("written")
        left_out = (
            select(literal(dispatch.id), people.c.reason, func.count()).where(not_(listed)).group_by(people.c.reason)
        )
        exclusions = insert(DispatchExclusion).from_select(["dispatch_id", "reason", "count"], left_out)
        session.execute(exclusions.add_cte(written))
        _gone(session, plugin, dispatch)
        _control_copy(session, plugin, dispatch)
        session.commit()


def _in_slices(sessions: sessionmaker[Session], plugin: Plugin, dispatch: Dispatch) -> Iterator[None]:
    with sessions() as session:
        _start_anew(session, dispatch.id)
        session.commit()
    left_out: Counter[str] = Counter()
    with sessions() as reader:
        # In WAL mode a reader keeps its snapshot and blocks no writer.
        people = audience.people(plugin.shop, following.choice_of(dispatch))
        rows = reader.execute(people, execution_options={"yield_per": SLICE}).mappings()
        number = 0
        for part in rows.partitions(SLICE):
            values = []
            for row in part:
                if row["record_id"] is None or row["reason"] == "sent_before":
                    left_out[row["reason"]] += 1
                    continue
                number += 1
                values.append(_values(dispatch, number, row))
            if values:
                with sessions() as session:
                    session.execute(insert(Delivery), values)
                    session.commit()
            yield
    with sessions() as session:
        _exclusions(session, dispatch.id, left_out)
        _gone(session, plugin, dispatch)
        _control_copy(session, plugin, dispatch)
        session.commit()


def _start_anew(session: Session, dispatch_id: int) -> None:
    session.execute(delete(Delivery).where(Delivery.dispatch_id == dispatch_id))
    session.execute(delete(DispatchExclusion).where(DispatchExclusion.dispatch_id == dispatch_id))


def _values(dispatch: Dispatch, number: int, row: Any) -> dict[str, Any]:
    address = row["address"] or ""
    return {
        "dispatch_id": dispatch.id,
        "number": number,
        "person_kind": row["kind"],
        "person_ref": row["ref"],
        "address": address,
        "address_key": row["address_key"] or "",
        "domain": address.rpartition("@")[2].lower() if dispatch.channel == "email" else "",
        "record_id": row["record_id"],
        "status": "queued" if row["reason"] is None else "skipped",
        "reason": row["reason"] or "",
        "attempts": 0,
    }


def _exclusions(session: Session, dispatch_id: int, counts: dict[str, int] | Counter[str]) -> None:
    rows = [{"dispatch_id": dispatch_id, "reason": reason, "count": count} for reason, count in counts.items()]
    if rows:
        session.execute(insert(DispatchExclusion), rows)


def _gone(session: Session, plugin: Plugin, dispatch: Dispatch) -> None:
    gone = audience.gone(session, plugin.shop, following.choice_of(dispatch))
    if gone:
        _exclusions(session, dispatch.id, {"not_in_shop": gone})


def _control_copy(session: Session, plugin: Plugin, dispatch: Dispatch) -> None:
    """The shop's own copy, unless its address is a recipient anyway (W44)."""
    if not dispatch.control_address:
        return
    key = plugin.keys.address_key(dispatch.channel, dispatch.control_address)
    row = _values(
        dispatch,
        0,
        {
            "kind": "control",
            "ref": "",
            "address": dispatch.control_address,
            "address_key": key,
            "record_id": None,
            "reason": None,
        },
    )
    insert_new(session, Delivery, [row])
