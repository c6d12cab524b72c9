"""What the worker tidies up every hour: requests nobody confirmed, re-typed addresses, members who are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .. import clock
from ..access import WORKER
from ..consent import erasure
from ..consent.models import ConsentState
from ..directory import partners
from ..directory.addresses import ADDRESS_COLUMN, address
from ..directory.partners import MemberKey
from ..directory.people import CONTACT, PersonKey, contact_rows, find, stored_contact
from ..errors import Refused
from ..plugin import Plugin
from .models import SegmentMember

_SLICE = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep changed."""

    expired: int
    retyped: int
    gone: int


def sweep(session: Session, plugin: Plugin) -> Swept:
    """Run all of it (flushes)."""
    return Swept(erasure.expire_requests(session, WORKER), _retyped(session, plugin), _gone(session, plugin))


def _retyped(session: Session, plugin: Plugin) -> int:
    """The host's string changed but means the same address: keep the consent, remember the new spelling."""
    rows = contact_rows(plugin.shop).subquery("contact_rows")
    changed = 0
    for channel, column in ADDRESS_COLUMN.items():
        differing = session.scalars(
            select(ConsentState)
            .join(rows, rows.c.contact_ref == stored_contact(plugin.shop, ConsentState.person_ref))
            .where(
                ConsentState.person_kind == CONTACT,
                ConsentState.channel == channel,
                ConsentState.status == "granted",
                rows.c[column] != ConsentState.address_seen,
            )
        ).all()
        for start in range(0, len(differing), _SLICE):
            changed += sum(_retype(session, plugin, channel, differing[start : start + _SLICE]))
    session.flush()
    return changed


def _retype(session: Session, plugin: Plugin, channel: str, states: Sequence[ConsentState]) -> Iterator[bool]:
    """Per state whether its new spelling was taken over."""
    people = find(session, plugin.shop, [PersonKey(CONTACT, state.person_ref) for state in states])
    for state in states:
        person = people.get(PersonKey(CONTACT, state.person_ref))
        seen = (person and person.seen(ADDRESS_COLUMN[channel])) or ""
        with suppress(Refused):
            if address(plugin.keys, channel, seen, plugin.settings.default_country).key == state.address_key:
                state.address_seen = seen
                yield True


def _gone(session: Session, plugin: Plugin) -> int:
    """Members the host has deleted, or whose key it has given to somebody else."""
    last, gone = 0, 0
    while rows := session.execute(
        select(SegmentMember.id, SegmentMember.kind, SegmentMember.ref, SegmentMember.ref_created_at)
        .where(SegmentMember.gone_at.is_(None), SegmentMember.id > last)
        .order_by(SegmentMember.id)
        .limit(_SLICE)
    ).all():
        last = rows[-1].id
        found = partners.find(session, plugin.shop, [MemberKey(row.kind, row.ref) for row in rows])
        missing = [row.id for row in rows if not _same(found.get(MemberKey(row.kind, row.ref)), row.ref_created_at)]
        if missing:
            session.execute(update(SegmentMember).where(SegmentMember.id.in_(missing)).values(gone_at=clock.now()))
        gone += len(missing)
    return gone


def _same(member: partners.Member | None, created_at: str | None) -> bool:
    return member is not None and member.created_at == created_at
