"""The history of events (W14): written in the same transaction as what it tells of."""

from __future__ import annotations

from typing import Any

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
