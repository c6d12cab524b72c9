"""Who is left out by an administrator's word: members of excluded segments, and those an earlier sending went to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, false, select, union

from ..consent.models import ConsentState
from ..directory.partners import PARTNER
from ..directory.people import CONTACT, SUBSCRIBER, contact_rows
from ..refs import key_from, ref_of
from ..shop import Shop, key_type
from .models import SegmentMember


def member_refs(kind: str, ref: ColumnElement[Any] | Any, segment_ids: Collection[int]) -> Select[Any]:
    """The refs of the members of one kind in some segments, without the gone."""
    return select(ref).where(
        SegmentMember.segment_id.in_(segment_ids) if segment_ids else false(),
        SegmentMember.kind == kind,
        SegmentMember.gone_at.is_(None),
    )


def partner_refs(shop: Shop, segment_ids: Collection[int]) -> Select[Any]:
    """The partners in some segments, by the host's own keys."""
    native = key_from(SegmentMember.ref, key_type(shop.partners(), "partner_ref"))
    return member_refs(PARTNER, native, segment_ids)


def addresses_in(shop: Shop, channel: str, segment_ids: Collection[int]) -> CTE:
    """Each address_key on a channel that somebody in these segments has."""
    rows = contact_rows(shop).subquery("excluded_rows")
    held = and_(
        ConsentState.person_kind == CONTACT,
        ConsentState.person_ref == ref_of(rows.c.contact_ref),
        ConsentState.channel == channel,
    )
    contacts = select(ConsentState.address_key).join_from(rows, ConsentState, held)
    subscribers = select(ConsentState.address_key).where(
        ConsentState.person_kind == SUBSCRIBER,
        ConsentState.person_ref.in_(member_refs(SUBSCRIBER, SegmentMember.ref, segment_ids)),
        ConsentState.channel == channel,
    )
    theirs = contacts.where(rows.c.partner_ref.in_(partner_refs(shop, segment_ids)))
    return union(theirs, subscribers).cte("excluded_addresses")


def of_served(served: Select[Any]) -> tuple[CTE, CTE]:
    """Each address_key a message was meant for, and each person, who may have another address by now."""
    rows = served.cte("served")
    addresses = select(rows.c.address_key).distinct().cte("served_addresses")
    return addresses, select(rows.c.kind, rows.c.ref).distinct().cte("served_people")
