"""How many addresses a newsletter to a segment would reach on each channel (W1)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, case, func, select, union_all
from sqlalchemy.orm import Session

from ..consent import state
from ..consent.models import ConsentState
from ..directory.addresses import ADDRESS_COLUMN
from ..directory.models import Subscriber
from ..directory.partners import PARTNER
from ..directory.people import CONTACT, SUBSCRIBER, contact_rows
from ..refs import key_from, ref_of
from ..shop import Shop, key_type
from .models import SegmentMember


def reachable(session: Session, shop: Shop, segment_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """Per (segment, channel) the different addresses that would get a message; one statement for a page."""
    rows = contact_rows(shop).subquery("contact_rows")
    # The CASE keeps a subscriber's ref from being cast to the type of the host's keys.
    native = key_from(SegmentMember.ref, key_type(shop.partners(), "partner_ref"))
    partner = case((SegmentMember.kind == PARTNER, native))
    # A CASE, because PostgreSQL takes each equation for a rarity, expects one row of them and asks for each by itself.
    unchanged = case(
        *(
            (ConsentState.channel == channel, ConsentState.address_seen == rows.c[column])
            for channel, column in ADDRESS_COLUMN.items()
        )
    )
    columns = (SegmentMember.segment_id, ConsentState.channel, ConsentState.address_key)
    chosen = (SegmentMember.segment_id.in_(segment_ids), SegmentMember.gone_at.is_(None))
    allowed = (state.counts(), ~state.suppressed())
    contacts = (
        select(*columns)
        .join(rows, rows.c.partner_ref == partner)
        .join(
            ConsentState,
            and_(ConsentState.person_kind == CONTACT, ConsentState.person_ref == ref_of(rows.c.contact_ref)),
        )
        .where(*chosen, SegmentMember.kind == PARTNER, rows.c.active, unchanged, *allowed)
    )
    subscribers = (
        select(*columns)
        .join(
            ConsentState,
            and_(ConsentState.person_kind == SUBSCRIBER, ConsentState.person_ref == SegmentMember.ref),
        )
        .join(Subscriber, ref_of(Subscriber.__table__.c.id) == SegmentMember.ref)
        .where(*chosen, SegmentMember.kind == SUBSCRIBER, Subscriber.is_active, *allowed)
    )
    found = union_all(contacts, subscribers).subquery("reached")
    counted = select(found.c.segment_id, found.c.channel, func.count(found.c.address_key.distinct()))
    rows_found = session.execute(counted.group_by(found.c.segment_id, found.c.channel))
    return {(segment_id, channel): count for segment_id, channel, count in rows_found}
