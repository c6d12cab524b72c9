"""Everything the plugin stores about a person, for herself, machine readable (GDPR 15, 20; C46)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from .. import clock
from ..consent import state
from ..consent.models import ConsentEvidence, ConsentState, Suppression
from ..consent.proofs import columns, history, proof
from ..db import Base
from ..directory import addresses, people
from ..directory.models import Subscriber
from ..directory.partners import PARTNER
from ..directory.people import SUBSCRIBER, Person, PersonKey
from ..errors import Refused
from ..newsletter.models import Delivery, Dispatch
from ..newsletter.replies.event_models import ProviderEvent
from ..notices.models import Notice
from ..plugin import Plugin
from ..refs import text_of
from ..segments.models import Segment, SegmentMember

FORMAT = "webshop_segments own data 1"


def collect(wired: Plugin, key: PersonKey) -> dict[str, Any]:
    """All rows about her: found by her key, her addresses and their digests; what reports say stands with its message.

    Her account and orders are the shop's, which is asked for them; the plugin keeps no copy.
    """
    session = wired.session
    person = people.get(session, wired.shop, key)
    keys = _address_keys(wired, key, person)
    deliveries = session.scalars(_deliveries(key, keys)).all()
    return {
        "format": FORMAT,
        "controller": {"name": wired.settings.shop_name, "address": wired.settings.imprint},
        "written_at": clock.now().isoformat(),
        "person": {"kind": key.kind, "key": key.ref} | (_named(person) if person is not None else {}),
        "subscriber": _subscriber(session, key),
        "consents_now": _rows(row for row, _status in state.of_person(session, key).values()),
        "consent_history": [proof(record) for record in reversed(history(session, key))],
        "blocked_addresses": _rows(session.scalars(select(Suppression).where(Suppression.address_key.in_(keys)))),
        "segments": _memberships(session, key, person),
        "messages": _messages(session, deliveries),
        "system_messages": _rows(
            session.scalars(select(Notice).where(Notice.address_key.in_(keys)).order_by(Notice.id)),
            without=("text", "html", "lease_id", "lease_until"),
        ),
    }


def _subscriber(session: Session, key: PersonKey) -> list[dict[str, Any]]:
    if key.kind != SUBSCRIBER:
        return []
    return _rows(session.scalars(select(Subscriber).where(Subscriber.id == int(key.ref))))


def _address_keys(wired: Plugin, key: PersonKey, person: Person | None) -> list[str]:
    """The digests of all addresses she has or had with us."""
    owner = (ConsentEvidence.person_kind == key.kind, ConsentEvidence.person_ref == key.ref)
    found = set(wired.session.scalars(select(ConsentEvidence.address_key).where(*owner).distinct()))
    theirs = (ConsentState.person_kind == key.kind, ConsentState.person_ref == key.ref)
    found |= set(wired.session.scalars(select(ConsentState.address_key).where(*theirs)))
    for channel, column in addresses.ADDRESS_COLUMN.items():
        try:
            seen = person.seen(column) if person is not None else None
            found.add(addresses.address(wired.keys, channel, seen, wired.settings.default_country).key)
        except Refused:
            continue
    return sorted(filter(None, found))


def _deliveries(key: PersonKey, address_keys: Collection[str]) -> Any:
    """By address, or by her key where she was left out: each way has its index."""
    by_address = and_(Delivery.status != "skipped", Delivery.address_key.in_(address_keys))
    by_ref = and_(Delivery.status == "skipped", Delivery.person_ref == key.ref)
    hers = and_(Delivery.person_kind == key.kind, Delivery.person_ref == key.ref)
    return select(Delivery).where(or_(by_address, by_ref), hers).order_by(Delivery.dispatch_id, Delivery.number)


def _messages(session: Session, deliveries: Collection[Delivery]) -> list[dict[str, Any]]:
    numbers = {delivery.dispatch_id for delivery in deliveries}
    wanted = select(Dispatch.id, Dispatch.channel, Dispatch.name, Dispatch.subject).where(Dispatch.id.in_(numbers))
    dispatches = {row.id: row for row in session.execute(wanted)}
    reports: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for report in session.scalars(select(ProviderEvent).where(ProviderEvent.dispatch_id.in_(numbers))):
        reports.setdefault((report.dispatch_id, report.number), []).append(columns(report))
    return [
        _row(delivery, without=("lease_id", "lease_until"))
        | {
            "channel": dispatches[delivery.dispatch_id].channel,
            "newsletter": dispatches[delivery.dispatch_id].name,
            "subject": dispatches[delivery.dispatch_id].subject,
            "reports": reports.get((delivery.dispatch_id, delivery.number), []),
        }
        for delivery in deliveries
    ]


def _memberships(session: Session, key: PersonKey, person: Person | None) -> list[dict[str, Any]]:
    """Her own, and those of the company or household she belongs to."""
    kind, ref = (key.kind, key.ref) if key.kind == SUBSCRIBER else (PARTNER, _partner_ref(person))
    found = session.execute(
        select(SegmentMember, Segment.name)
        .join(Segment, Segment.id == SegmentMember.segment_id)
        .where(SegmentMember.kind == kind, SegmentMember.ref == ref)
        .order_by(SegmentMember.id)
    )
    return [_row(member) | {"segment": name} for member, name in found]


def _partner_ref(person: Person | None) -> str | None:
    return text_of(person.facts["partner_ref"]) if person is not None else None


def _named(person: Person) -> dict[str, Any]:
    names = ("email", "phone", "first_name", "last_name", "locale", "company")
    return {name: getattr(person, name) for name in names}


def _rows(rows: Iterable[Base], without: Collection[str] = ()) -> list[dict[str, Any]]:
    return [_row(row, without) for row in rows]


def _row(row: Base, without: Collection[str] = ()) -> dict[str, Any]:
    return {name: value for name, value in columns(row).items() if name not in without}
