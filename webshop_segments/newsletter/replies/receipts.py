"""What providers say after a message was sent: delivered, bounced, complained; and what follows for the address.

Reports come late, twice and in any order. Whatever has become of the delivery meanwhile, an address that is gone is
suppressed, and a complaint ends the consent of everybody who has the address (E14, E63, E68).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, String, func, literal, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ... import clock
from ...access import WORKER, Actor
from ...consent import choices, suppression
from ...consent.ledger import Circumstances
from ...db import UTCDateTime, savepoint
from ...settings import Settings
from ..channels.twilio_errors import Verdict
from ..deliveries import CONTROL, Settled
from ..models import Delivery, Dispatch
from ..transitions import DELIVERY, before
from . import bounces
from .event_models import ProviderEvent

MOST_LOST = 5
LOST_FOR = timedelta(days=14)
"""So many messages lost in a row over so long a time, and an address is given up (E64)."""

_STEPS = {
    "sent": ("sent",),
    "delivered": ("sent", "delivered"),
    "complained": ("sent", "complained"),
    "bounced": ("bounced",),
}
"""Whoever reports on a message has it: it was sent, even where that is unknown or not yet settled."""


@dataclass(frozen=True, slots=True)
class Event:
    """One report.

    :param id: the provider's own, by which a repeated report is known.
    :param status: sent, delivered, bounced or complained.
    :param message: the provider's id of the message; a report on an older one of the same delivery moves nothing.
    """

    provider: str
    id: str
    status: str
    reason: str = ""
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a delivery went to, and what is known of it."""

    number: int
    person_kind: str
    person_ref: str
    address_key: str
    reason: str
    message_id: str | None
    channel: str


def status_url(settings: Settings, dispatch_id: int, number: int) -> str | None:
    """Where Twilio shall report on one delivery; it is found by this even where no SID ever reached us (T04, T24).

    None on loopback, which Twilio cannot reach.
    """
    if not settings.public_url.startswith("https://"):
        return None
    return f"{settings.public_url}{settings.url_prefix}/twilio/status/{dispatch_id}/{number}"


def take(session: Session, dispatch_id: int, number: int, event: Event) -> str:
    """Apply a report to a delivery (flushes); a repeated one changes nothing, not even a lifted suppression.

    :returns: what was done, without any address.
    """
    addressee = find(session, dispatch_id, number)
    if addressee is None:
        return "there is no such delivery"
    if not _new(session, dispatch_id, number, event):
        return f"{event.status} was reported before"
    moved = _move(session, dispatch_id, number, event)
    actor, done = Actor("provider", event.provider, event.provider), []
    if event.status == "bounced":
        done = _heed_bounce(session, addressee, event.reason, actor, event.id)
    elif event.status == "complained" and addressee.person_kind != CONTROL:
        done = _withdraw(session, addressee, "complaint", actor, event.id, suppression.COMPLAINT)
    return ", ".join([event.status if moved else f"{event.status} changes nothing of its state", *done])


def find(session: Session, dispatch_id: int, number: int) -> Addressee | None:
    """By the delivery's primary key."""
    row = session.execute(_ADDRESSEES.where(Delivery.dispatch_id == dispatch_id, Delivery.number == number)).first()
    return Addressee(*row) if row is not None else None


def suppress_bounced(session: Session, dispatch_id: int, outcomes: Mapping[int, Settled]) -> None:
    """After settling: heed what providers refused for good while we were sending (flushes)."""
    numbers = [number for number, settled in outcomes.items() if settled.status == "bounced"]
    if not numbers:
        return
    bounced = _ADDRESSEES.where(
        Delivery.dispatch_id == dispatch_id, Delivery.number.in_(numbers), Delivery.status == "bounced"
    )
    # In one order, so that two workers never wait in a ring.
    for row in session.execute(bounced.order_by(Delivery.address_key)).all():
        addressee = Addressee(*row)
        _heed_bounce(session, addressee, addressee.reason, WORKER, f"refused:{dispatch_id}.{addressee.number}")


_ADDRESSEES = select(
    Delivery.number,
    Delivery.person_kind,
    Delivery.person_ref,
    Delivery.address_key,
    Delivery.reason,
    Delivery.message_id,
    Dispatch.channel,
).join(Dispatch, Dispatch.id == Delivery.dispatch_id)


def _new(session: Session, dispatch_id: int, number: int, event: Event) -> bool:
    row = ProviderEvent(
        provider=event.provider, event_id=event.id, dispatch_id=dispatch_id, number=number, status=event.status
    )
    try:
        with savepoint(session):
            session.add(row)
    except IntegrityError:
        return False
    return True


def _move(session: Session, dispatch_id: int, number: int, event: Event) -> bool:
    """The provider's word needs no lease: a worker that settles the same row later finds it settled."""
    this_one = or_(Delivery.provider_id.is_(None), Delivery.provider_id == event.message) if event.message else true()
    moved = 0
    for status in _STEPS[event.status]:
        result = session.execute(
            update(Delivery)
            .where(
                Delivery.dispatch_id == dispatch_id,
                Delivery.number == number,
                Delivery.status.in_(before(status, DELIVERY)),
                this_one,
            )
            .values(
                status=status,
                reason=event.reason if status == event.status else "",
                provider_id=func.coalesce(Delivery.provider_id, literal(event.message, String)),
                lease_until=None,
                settled_at=func.coalesce(Delivery.settled_at, literal(clock.now(), UTCDateTime())),
            )
            .execution_options(synchronize_session=False)
        )
        moved = cast(CursorResult[Any], result).rowcount
    return moved > 0


def _heed_bounce(session: Session, addressee: Addressee, reason: str, actor: Actor, proof: str) -> list[str]:
    """What a final refusal means for the address: nothing, where it was said about us (E53)."""
    if addressee.person_kind == CONTROL:
        return []
    meaning = bounces.verdict(addressee.channel, reason)
    if meaning is Verdict.OPTED_OUT:
        return _withdraw(session, addressee, "provider", actor, proof, suppression.WITHDRAWN)
    if meaning is Verdict.ADDRESS or (meaning is Verdict.LATER and _often_lost(session, addressee)):
        suppression.suppress(session, addressee.channel, addressee.address_key, suppression.BOUNCED)
        return ["address suppressed"]
    return []


def _often_lost(session: Session, addressee: Addressee) -> bool:
    if not addressee.person_ref:
        return False  # erased
    last = session.execute(
        select(Delivery.status, Delivery.reason, Delivery.settled_at)
        .where(
            Delivery.person_kind == addressee.person_kind,
            Delivery.person_ref == addressee.person_ref,
            Delivery.address_key == addressee.address_key,
            Delivery.status.in_(["sent", "delivered", "bounced", "complained"]),
        )
        .order_by(Delivery.dispatch_id.desc())
        .limit(MOST_LOST)
    ).all()
    lost = [
        row.settled_at
        for row in last
        if row.status == "bounced" and bounces.verdict(addressee.channel, row.reason) is Verdict.LATER
    ]
    return len(lost) == MOST_LOST and max(lost) - min(lost) >= LOST_FOR


def _withdraw(session: Session, addressee: Addressee, source: str, actor: Actor, proof: str, reason: str) -> list[str]:
    choices.withdraw_address(
        session, addressee.channel, addressee.address_key, source, actor, Circumstances(form=proof), reason=reason
    )
    return ["consent withdrawn"]
