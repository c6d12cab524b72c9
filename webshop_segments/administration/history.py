"""Pages of the history of events, newest first (W14)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from . import audit
from .models import Audit

PAGE = 50


def events(session: Session, before: int | None) -> tuple[Sequence[Audit], int | None]:
    """One page below an event, and below which event the next one goes on; None where there is none."""
    found = session.scalars(audit.latest(before).limit(PAGE + 1)).all()
    page = found[:PAGE]
    return page, page[-1].id if len(found) > PAGE else None
