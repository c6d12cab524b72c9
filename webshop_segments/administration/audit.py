"""The history of events (W14): written in the same transaction as what it tells of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ..access import Actor, client_address
from .models import Audit


def record(session: Session, actor: Actor, action: str, kind: str, ref: object, name: str = "", **detail: Any) -> None:
    """Note that ``actor`` did ``action`` (``segment.renamed``) to one object."""
    session.add(
        Audit(
            actor_kind=actor.kind,
            actor_ref=actor.ref,
            actor_name=actor.name,
            action=action,
            object_kind=kind,
            object_ref=str(ref),
            object_name=name[:254],
            detail=detail,
            ip=client_address(),
        )
    )


def latest(before: int | None = None) -> Select[Any]:
    """Events from the newest on; ``before`` continues below the event with that id."""
    found = select(Audit).order_by(Audit.id.desc())
    return found if before is None else found.where(Audit.id < before)
