"""The shop deletes a customer: what identifies her goes, the bare proof and her suppression stay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, func, inspect, select, text

from tests.shops import ANNA, Shop
from webshop_segments import storefront
from webshop_segments.access import customer as herself
from webshop_segments.consent import choices, projection, state, suppression, verification
from webshop_segments.consent.ledger import Circumstances
from webshop_segments.consent.models import ConsentEvidence, ConsentRecord, ConsentState, Suppression
from webshop_segments.directory.partners import PARTNER, MemberKey
from webshop_segments.directory.people import CONTACT, PersonKey
from webshop_segments.newsletter import results
from webshop_segments.newsletter.engine.worker import Worker
from webshop_segments.segments import members, operations, roll, sweep

pytestmark = pytest.mark.rule("C47")

ADDRESS = "ada.young@example.com"


def key(ada: Any) -> PersonKey:
    return PersonKey(CONTACT, str(ada.id))


def forget(shop: Shop, ada: Any) -> None:
    """As a shop does it: in one transaction, before its own rows go."""
    storefront.forget(contact_ref=ada.id, partner_ref=ada.company_id)
    company = ada.company_id
    shop.session.execute(delete(shop.Customer).where(shop.Customer.id == ada.id))
    shop.session.execute(delete(shop.Company).where(shop.Company.id == company))
    shop.session.commit()


def everything_stored(shop: Shop) -> str:
    """All our rows as one text."""
    tables = [name for name in inspect(shop.plugin.engine).get_table_names() if name.startswith("wss_")]
    return "\n".join(str(row) for name in tables for row in shop.session.execute(text(f"SELECT * FROM {name}")))


def test_the_evidence_is_erased_and_the_ledger_stays_whole(shop: Shop) -> None:
    shop.publish()
    ada = shop.agreed(ADDRESS)
    forget(shop, ada)

    actions = shop.session.scalars(select(ConsentRecord.action).order_by(ConsentRecord.seq)).all()
    assert actions == ["granted", "erased"]
    assert all(
        evidence.erased_at and not (evidence.address or evidence.address_seen or evidence.person_ref or evidence.salt)
        for evidence in shop.session.scalars(select(ConsentEvidence))
    )
    assert list(verification.faults(shop.session)) == []
    assert projection.rebuild(shop.session) == []
    assert shop.session.scalar(select(func.count()).select_from(ConsentState)) == 0


def test_nothing_of_ours_names_her_any_more(shop: Shop) -> None:
    shop.publish()
    shop.agreed(ADDRESS)
    shop.send(shop.newsletter())
    shop.work()
    asked = shop.customer(f"new.{ADDRESS}", email_verified=False)
    waiting = shop.customer(f"waiting.{ADDRESS}", email_verified=False)
    ask(shop, asked)
    shop.work()
    ask(shop, waiting)
    ada = shop.session.scalars(select(shop.Customer).where(shop.Customer.email == ADDRESS)).one()
    assert ADDRESS in everything_stored(shop)

    forget(shop, ada)
    forget(shop, asked)
    forget(shop, waiting)
    shop.work()

    assert not [message for message in shop.email.sent if message.address == f"waiting.{ADDRESS}"]
    assert ADDRESS not in everything_stored(shop)


def ask(shop: Shop, customer: Any) -> None:
    with shop.app.test_request_context():
        fields = storefront.consent_fields("profile", contact_ref=customer.id)
    token = fields.partition('name="consent_token"')[2].partition('value="')[2].partition('"')[0]
    form = {"consent_token": token, "consent_email": "y"}
    with shop.app.test_request_context(method="POST", data=form):
        assert storefront.record("profile", contact_ref=customer.id).message
    shop.session.commit()


@pytest.mark.rule("C48")
def test_a_suppression_stays(shop: Shop) -> None:
    shop.publish()
    ada = shop.agreed(ADDRESS)
    held = state.get(shop.session, key(ada), "email")
    assert held is not None
    address_key = str(held.address_key)
    choices.withdraw(shop.session, key(ada), "email", "profile", herself(str(ada.id)), Circumstances())
    suppression.suppress(shop.session, "email", address_key, suppression.WITHDRAWN)

    forget(shop, ada)

    assert shop.session.scalars(select(Suppression.address_key)).all() == [address_key]


def test_a_member_who_was_forgotten_is_shown_gone_and_lets_the_segment_be_deleted(shop: Shop) -> None:
    ada = shop.customer(ADDRESS)
    segment = operations.add(shop.session, "Friends", ANNA)
    members.add(shop.session, shop.plugin.shop, segment, [MemberKey(PARTNER, str(ada.company_id))], ANNA)
    forget(shop, ada)

    listed = roll.page(shop.session, shop.plugin.shop, segment, roll.View(), None).rows

    assert [shown for _row, shown in listed] == [None]
    assert members.counts(shop.session, shop.plugin.shop, [segment.id])[segment.id].gone == 1
    operations.remove(shop.session, shop.plugin.shop, segment, [], ANNA)


def test_a_key_given_to_somebody_else_is_not_the_old_member(shop: Shop) -> None:
    company = shop.company("Old Ltd", created_at=datetime(2024, 1, 1, tzinfo=UTC))
    segment = operations.add(shop.session, "Friends", ANNA)
    members.add(shop.session, shop.plugin.shop, segment, [MemberKey(PARTNER, str(company.id))], ANNA)
    company.name, company.created_at = "New Ltd", datetime(2026, 1, 1, tzinfo=UTC)
    shop.session.flush()

    listed = roll.page(shop.session, shop.plugin.shop, segment, roll.View(), None).rows
    assert [shown for _row, shown in listed] == [None]
    assert sweep.sweep(shop.session, shop.plugin).gone == 1
    assert members.counts(shop.session, shop.plugin.shop, [segment.id])[segment.id].gone == 1


def test_a_new_customer_under_the_old_key_has_agreed_to_nothing(shop: Shop) -> None:
    shop.publish()
    ada = shop.agreed(ADDRESS)
    number = ada.id
    forget(shop, ada)
    shop.session.add(shop.Customer(id=number, email="bob@example.com", company_id=shop.company().id))
    shop.session.flush()

    assert state.of_person(shop.session, PersonKey(CONTACT, str(number))) == {}
    storefront.give_sample(number, ["email"])
    assert list(verification.faults(shop.session)) == []


def test_whoever_is_forgotten_between_preparation_and_sending_is_left_out_and_the_rest_is_sent(shop: Shop) -> None:
    shop.publish()
    ada = shop.agreed(ADDRESS)
    shop.agreed("bob@example.com")
    shop.session.commit()
    dispatch = shop.send(shop.newsletter())
    only_prepare(shop)
    forget(shop, ada)

    shop.work()

    assert sorted(message.address for message in shop.email.sent) == ["bob@example.com", "shop@shop.example"]
    assert dispatch.status == "finished"
    found = results.of_dispatch(shop.session, dispatch)
    assert (found.by_status["sent"], found.left_out) == (1, {"not_in_shop": 1})


def only_prepare(shop: Shop) -> None:
    worker = Worker(shop.plugin)
    assert worker.step()
    worker.close()
    shop.session.expire_all()


def test_forgetting_somebody_unknown_is_fine(shop: Shop) -> None:
    storefront.forget(contact_ref=4711, partner_ref=4711)
    shop.session.commit()
    assert shop.session.scalar(select(func.count()).select_from(ConsentRecord)) == 0
