"""A person is forgotten: what we know of her goes, except bare proof and suppressions (C47)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, select, update
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..consent import confirmation, erasure
from ..consent.models import ConsentEvidence
from ..directory.partners import PARTNER
from ..directory.people import CONTACT, PersonKey
from ..notices import queue
from ..segments.models import SegmentMember
from .models import Delivery


def forget_contact(session: Session, ref: str, by: Actor) -> None:
    """Erase a customer of the shop (flushes)."""
    forget_person(session, PersonKey(CONTACT, ref), "system", by)


def forget_person(session: Session, person: PersonKey, source: str, by: Actor) -> None:
    """Erase a person: her evidence, her consents, her address in past sendings and confirmations (flushes)."""
    addresses = select(ConsentEvidence.address_key).where(
        ConsentEvidence.person_kind == person.kind, ConsentEvidence.person_ref == person.ref
    )
    keys = session.scalars(addresses).all()
    queue.forget(session, confirmation.KIND, addresses)
    erasure.erase(session, person, source, by)
    # One statement for each index: who was skipped is found by ref, who was not by the address.
    for found in (Delivery.status == "skipped", and_(Delivery.status != "skipped", Delivery.address_key.in_(keys))):
        _blank(session, and_(found, Delivery.person_kind == person.kind, Delivery.person_ref == person.ref))


def _blank(session: Session, whose: ColumnElement[bool]) -> None:
    session.execute(
        update(Delivery)
        .where(whose)
        # Answers of mail servers quote addresses; the reason of a skipped one is a word of ours that is counted.
        .values(
            address="",
            person_ref="",
            domain="",
            reason=case((Delivery.status == "skipped", Delivery.reason), else_=""),
        )
    )


def forget_partner(session: Session, ref: str) -> None:
    """Show a partner's memberships as no longer in the shop (flushes)."""
    session.execute(
        update(SegmentMember)
        .where(SegmentMember.kind == PARTNER, SegmentMember.ref == ref, SegmentMember.gone_at.is_(None))
        .values(gone_at=clock.now())
    )
