"""Integer, UUID and text keys, companies with employees and one user table: all send a newsletter, refs lead back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import BigInteger, Integer, Numeric, String, Uuid, select
from sqlalchemy.types import TypeEngine

from tests.shops import ANNA, KEY_TYPES, Shop, make_shop
from webshop_segments.directory import partners, people
from webshop_segments.directory.partners import PARTNER, MemberKey
from webshop_segments.directory.people import CONTACT, PersonKey
from webshop_segments.errors import ConfigurationError, Refused
from webshop_segments.newsletter import results
from webshop_segments.refs import key_from, key_of, keys_of, ref_of, text_of
from webshop_segments.segments import members, operations, sweep


@pytest.fixture(params=sorted(KEY_TYPES))
def key_type(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["companies", "one table"])
def any_shop(
    request: pytest.FixtureRequest, key_type: str, database_url: str, host_schema: str | None
) -> Iterator[Shop]:
    """A shop of either shape with keys of each type."""
    made = make_shop(database_url, schema=host_schema, key_type=key_type, one_table=request.param)
    with made.app.app_context():
        yield made
        made.db.session.remove()
        made.plugin.engine.dispose()


def partner_of(shop: Shop, customer: Any) -> str:
    """The ref of the partner a customer is, or works for."""
    rows = shop.plugin.shop.contacts().subquery()
    found = shop.session.execute(select(rows.c.partner_ref).where(rows.c.contact_ref == customer.id))
    return text_of(found.scalar_one())


def test_everybody_who_agreed_gets_the_newsletter(any_shop: Shop) -> None:
    any_shop.publish()
    any_shop.agreed("ada@example.com")
    any_shop.agreed("bob@example.com")
    any_shop.customer("silent@example.com")
    dispatch = any_shop.send(any_shop.newsletter())

    any_shop.work()

    sent = sorted(message.address for message in any_shop.email.sent)
    assert sent == ["ada@example.com", "bob@example.com", "shop@shop.example"]
    assert dispatch.status == "finished"
    assert results.of_dispatch(any_shop.session, dispatch).left_out == {"never_asked": 1}


def test_a_segment_reaches_its_members_only(any_shop: Shop) -> None:
    any_shop.publish()
    ada, bob = any_shop.agreed("ada@example.com"), any_shop.agreed("bob@example.com")
    segment = operations.add(any_shop.session, "Friends", ANNA)
    chosen = [MemberKey(PARTNER, partner_of(any_shop, ada))]
    assert members.add(any_shop.session, any_shop.plugin.shop, segment, chosen, ANNA) == 1
    assert partner_of(any_shop, bob) != chosen[0].ref
    any_shop.send(any_shop.newsletter(), segment.id)

    any_shop.work()

    assert [m.address for m in any_shop.email.sent if b"[Copy]" not in m.content] == ["ada@example.com"]


def test_a_ref_leads_back_to_its_person_and_partner(any_shop: Shop) -> None:
    ada = any_shop.customer("ada@example.com")
    any_shop.customer("bob@example.com")
    key = people.contact_key(any_shop.plugin.shop, text_of(ada.id))
    person = people.get(any_shop.session, any_shop.plugin.shop, key)
    assert person is not None
    assert person.email == "ada@example.com"
    member = MemberKey(PARTNER, partner_of(any_shop, ada))
    found = partners.find(any_shop.session, any_shop.plugin.shop, [member])[member]
    assert found.people == [PersonKey(CONTACT, text_of(ada.id))]


def test_the_database_writes_refs_as_we_do_and_reads_them_back(any_shop: Shop) -> None:
    column = any_shop.Customer.__table__.c.id
    ada = any_shop.customer("ada@example.com")
    written = any_shop.session.scalar(select(ref_of(column)).where(column == ada.id))
    assert written == text_of(ada.id)
    assert key_of(column.type, written) == ada.id
    back = key_from(ref_of(column), column.type)
    assert any_shop.session.scalar(select(column).where(column == back)) == ada.id


def test_members_are_counted_and_the_gone_found(any_shop: Shop) -> None:
    ada, bob = any_shop.customer("ada@example.com"), any_shop.customer("bob@example.com")
    segment = operations.add(any_shop.session, "Friends", ANNA)
    chosen = [MemberKey(PARTNER, partner_of(any_shop, customer)) for customer in (ada, bob)]
    members.add(any_shop.session, any_shop.plugin.shop, segment, chosen, ANNA)
    company = any_shop.session.get(any_shop.Company, bob.company_id)
    any_shop.session.delete(bob)
    any_shop.session.flush()
    any_shop.session.delete(company)
    any_shop.session.flush()

    counts = members.counts(any_shop.session, any_shop.plugin.shop, [segment.id])[segment.id]

    assert (counts.partners, counts.gone) == (1, 1)
    assert sweep.sweep(any_shop.session, any_shop.plugin).gone == 1


A_UUID = uuid.UUID("0e984725-c51c-4bf4-9960-e1c80e27aba0")


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "ref", "native"),
    [
        (Integer(), "7", 7),
        (BigInteger(), str(2**63 - 1), 2**63 - 1),
        (Integer(), "-7", -7),
        (Uuid(), str(A_UUID), A_UUID),
        (Uuid(as_uuid=False), str(A_UUID), str(A_UUID)),
        (String(), "K-7 ü", "K-7 ü"),
    ],
)
def test_a_canonical_ref_is_a_key(kind: TypeEngine[Any], ref: str, native: Any) -> None:
    assert key_of(kind, ref) == native
    assert text_of(native) == ref


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "ref"),
    [
        *((Integer(), ref) for ref in ("", "007", "+7", " 7", "7 ", "7.0", "1_000", "٧", "-0", "seven", str(2**63))),
        *((Uuid(), ref) for ref in ("", A_UUID.hex, str(A_UUID).upper(), "{" + str(A_UUID) + "}", A_UUID.urn, "7")),
        (String(), "K\0"),
    ],
)
def test_any_other_way_to_write_a_key_is_nobody(kind: TypeEngine[Any], ref: str) -> None:
    with pytest.raises(Refused, match="is not the number of anybody in this shop") as caught:
        key_of(kind, ref)
    assert caught.value.status == 404
    assert keys_of(kind, [ref]) == []


@pytest.mark.once
def test_a_key_of_another_type_is_refused_with_the_types_that_work() -> None:
    with pytest.raises(ConfigurationError, match="map an integer, UUID or text column instead"):
        key_of(Numeric(), "7")


@pytest.mark.once
def test_a_card_or_a_member_with_an_impossible_ref_is_nobody(shop: Shop) -> None:
    assert people.get(shop.session, shop.plugin.shop, PersonKey(CONTACT, "007")) is None
    assert partners.find(shop.session, shop.plugin.shop, [MemberKey(PARTNER, "none")]) == {}
    with pytest.raises(Refused):
        people.contact_key(shop.plugin.shop, "007")
