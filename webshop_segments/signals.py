"""What the plugin tells the host, only after the outermost transaction has committed.

Each signal's sender is the Flask app. A rollback, also one to a savepoint, takes back what was queued within.
"""

from __future__ import annotations

from typing import Any

from blinker import NamedSignal, Namespace
from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

_signals = Namespace()

consent_changed = _signals.signal("consent-changed")
"""A ledger record was written; with person_kind, person_ref, channel, action."""

consent_confirmed = _signals.signal("consent-confirmed")
"""Somebody proved to own an address by its link or code; with person_kind, person_ref, channel, address."""

dispatch_changed = _signals.signal("dispatch-changed")
"""A dispatch changed its status; with dispatch_id, status."""

_QUEUE = "webshop_segments.signals"


def after_commit(session: Session, signal: NamedSignal, **payload: Any) -> None:
    """Queue a signal until the session's outermost transaction has committed."""
    if _QUEUE not in session.info:
        session.info[_QUEUE] = []
        event.listen(session, "after_commit", _send)
        event.listen(session, "after_soft_rollback", _forget)
    session.info[_QUEUE].append((_open_transactions(session), signal, payload))


def _open_transactions(session: Session) -> list[SessionTransaction]:
    found, transaction = [], session.get_nested_transaction() or session.get_transaction()
    while transaction is not None:
        found.append(transaction)
        transaction = transaction.parent
    return found


def _send(session: Session) -> None:
    if session.in_nested_transaction():
        return
    queued, session.info[_QUEUE] = session.info[_QUEUE], []
    for _, signal, payload in queued:
        signal.send(current_app._get_current_object(), **payload)  # type: ignore[attr-defined]


def _forget(session: Session, ended: SessionTransaction) -> None:
    session.info[_QUEUE] = [entry for entry in session.info[_QUEUE] if ended not in entry[0]]
