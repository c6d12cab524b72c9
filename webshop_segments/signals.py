"""What the plugin tells the host, only after the outermost transaction has committed.

Each signal's sender is the Flask app, and the receiver may use the session, whose transaction has ended. A rollback,
also one to a savepoint, takes back what was queued within. A receiver's fault is logged: the commit cannot be undone.
"""

from __future__ import annotations

import logging
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
_COMMITTED = "webshop_segments.committed"

log = logging.getLogger(__name__)


def after_commit(session: Session, signal: NamedSignal, **payload: Any) -> None:
    """Queue a signal until the session's outermost transaction has committed."""
    if _QUEUE not in session.info:
        session.info[_QUEUE] = []
        event.listen(session, "after_commit", _note_commit)
        event.listen(session, "after_soft_rollback", _forget)
        event.listen(session, "after_transaction_end", _send)
    session.info[_QUEUE].append((_open_transactions(session), signal, payload))


def _open_transactions(session: Session) -> list[SessionTransaction]:
    found, transaction = [], session.get_nested_transaction() or session.get_transaction()
    while transaction is not None:
        found.append(transaction)
        transaction = transaction.parent
    return found


def _note_commit(session: Session) -> None:
    session.info[_COMMITTED] = not session.in_nested_transaction()


def _forget(session: Session, ended: SessionTransaction) -> None:
    session.info[_QUEUE] = [entry for entry in session.info[_QUEUE] if ended not in entry[0]]


def _send(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is not None:
        return
    queued, session.info[_QUEUE] = session.info[_QUEUE], []
    if not session.info.pop(_COMMITTED, False):
        return
    for _, signal, payload in queued:
        try:
            signal.send(current_app._get_current_object(), **payload)  # type: ignore[attr-defined]
        except Exception:
            log.exception("a receiver of the signal %s failed", signal.name)
