"""People with phone consents in segments, and their call list as a browser gets it."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.consent.deeds import Someone
from tests.shops import ANNA, Shop
from webshop_segments.administration.models import Audit
from webshop_segments.directory.partners import MemberKey
from webshop_segments.directory.people import PersonKey
from webshop_segments.segments import members, operations
from webshop_segments.segments.models import Segment

LISTS = "/marketing/call-lists"


def callable_one(shop: Shop, number: int, **values: Any) -> Someone:
    """Somebody with a phone of her own who agreed to calls."""
    phone = f"+4930123456{number:02d}"
    row = shop.customer(f"p{number}@example.com", phone=phone, **values)
    one = Someone(shop, someone_key(row), f"p{number}@example.com", phone)
    one.give("phone")
    return one


def someone_key(row: Any) -> PersonKey:
    return PersonKey("contact", str(row.id))


def segment_of(shop: Shop, *people: Someone) -> Segment:
    """A segment with the companies of these people."""
    segment = operations.add(shop.session, "Regulars", ANNA)
    rows = [shop.session.get(shop.Customer, int(one.key.ref)) for one in people]
    keys = [MemberKey("partner", str(row.company_id)) for row in rows]
    members.add(shop.session, shop.plugin.shop, segment, keys, ANNA)
    shop.session.commit()
    return segment


def address(segment: Segment) -> str:
    return f"{LISTS}/{segment.id}"


def exported(client: FlaskClient, segment: Segment) -> list[list[str]]:
    answer = client.post(f"{address(segment)}/export")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def uses(shop: Shop) -> list[Audit]:
    shop.session.rollback()
    return list(shop.session.scalars(select(Audit).where(Audit.action == "call_list.exported").order_by(Audit.id)))
