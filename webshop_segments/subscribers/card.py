"""A person's card: the texts she accepted, and the segments she is in (W24, W30)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..consent.models import ConsentRecord, ConsentText
from ..consent.versions import text_in
from ..directory.partners import PARTNER, MemberKey
from ..directory.people import SUBSCRIBER, PersonKey, contact_rows
from ..refs import key_of, text_of
from ..segments import members
from ..segments.models import Segment
from ..shop import Shop, key_type


def texts(history: Sequence[ConsentRecord], default: str) -> Mapping[str, tuple[ConsentRecord, ConsentText]]:
    """Per channel the record by which she agreed or was asked last, and the text as she was shown it.

    :param history: newest first.
    """
    found: dict[str, tuple[ConsentRecord, ConsentText]] = {}
    for record in history:
        shown = record.version is not None and record.action in ("granted", "requested", "confirmed")
        if shown and record.channel not in found and record.version is not None:
            found[record.channel] = (record, text_in(record.version, record.language or "", default))
    return found


def segments(session: Session, shop: Shop, person: PersonKey) -> Sequence[Segment]:
    """The segments she is in, for a contact those of her companies; by name."""
    if person.kind == SUBSCRIBER:
        return members.of_member(session, MemberKey(SUBSCRIBER, person.ref))
    rows = contact_rows(shop).subquery("contact_rows")
    native = key_of(key_type(shop.contacts(), "contact_ref"), person.ref)
    companies = session.scalars(select(rows.c.partner_ref).where(rows.c.contact_ref == native).distinct()).all()
    found = {
        segment.id: segment
        for company in companies
        for segment in members.of_member(session, MemberKey(PARTNER, text_of(company)))
    }
    return sorted(found.values(), key=lambda segment: segment.sort_key)
