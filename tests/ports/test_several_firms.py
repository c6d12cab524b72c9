"""A shop may answer with any SELECT: a person employed by several firms, and columns the plugin does not know."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Boolean, ForeignKey, Integer, String, Uuid, select

from tests.shops import ANNA, Shop, Staff
from webshop_segments import Columns, MemoryChannel, SQLAlchemyShop, WebshopSegments, storefront
from webshop_segments.directory.partners import PARTNER, MemberKey
from webshop_segments.directory.people import CONTACT, PersonKey, get
from webshop_segments.newsletter.message.compiled import variables
from webshop_segments.segments import audience, members, operations
from webshop_segments.segments.audience import Choice


@pytest.fixture(params=["integer", "uuid as text"])
def firms(request: pytest.FixtureRequest, database_url: str) -> Iterator[Shop]:
    """A shop where a login may work for several firms, joined through a table of jobs."""
    app = Flask("tests.firms")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=database_url,
        WSS_PUBLIC_URL="https://shop.example",
        WSS_KEYS={"k1": "x" * 32},
        WSS_IMPRINT="Test shop, High Street 1, 12345 Town",
        WSS_SHOP_EMAIL="shop@shop.example",
        MAIL_DEFAULT_SENDER="news@shop.example",
    )
    db = SQLAlchemy(app)
    key: Any = {"integer": Integer(), "uuid as text": Uuid(as_uuid=False)}[request.param]

    class Company(db.Model):
        id = db.Column(key, primary_key=True)
        name = db.Column(String(80))
        city = db.Column(String(80))
        is_active = db.Column(Boolean, default=True)

    class Customer(db.Model):
        id = db.Column(key, primary_key=True)
        email = db.Column(String(254))
        email_verified = db.Column(Boolean, default=True)
        first_name = db.Column(String(80))
        last_name = db.Column(String(80))
        favourite = db.Column(String(80))

    class Job(db.Model):
        customer_id = db.Column(key, ForeignKey("customer.id"), primary_key=True)
        company_id = db.Column(key, ForeignKey("company.id"), primary_key=True)
        phone = db.Column(String(40))
        is_current = db.Column(Boolean, default=True)

    employed = select(
        Customer.id.label("contact_ref"),
        Job.company_id.label("partner_ref"),
        Customer.email,
        Job.phone,
        Job.is_current.label("is_active"),
        Customer.email_verified,
        Customer.first_name,
        Customer.last_name,
        Customer.favourite,
    ).join(Job, Job.customer_id == Customer.id)
    email, sms, staff = MemoryChannel("email"), MemoryChannel("sms"), Staff()
    partners = Columns(Company, partner_ref="id", name="name", is_active="is_active", city="city", former="name")
    wired = SQLAlchemyShop(contacts=employed, partners=partners)
    WebshopSegments(app, db, shop=wired, access=staff, channels={"email": email, "sms": sms})
    shop = Shop(app, db, Company, Customer, staff, email, sms, request.param.partition(" ")[0])
    with app.app_context():
        db.create_all()
        shop.__dict__["Job"] = Job
        yield shop
        db.session.remove()
        shop.plugin.engine.dispose()


def employ(shop: Any, *jobs: tuple[str, bool]) -> Any:
    """Ada, who works or worked for some firms."""
    shop.publish()
    ada = shop.Customer(id=_key(shop), email="ada@example.com", first_name="Ada", favourite="red bikes")
    shop.db.session.add(ada)
    shop.db.session.flush()
    for name, is_current in jobs:
        firm = shop.Company(id=_key(shop), name=name, city="Ulm")
        shop.db.session.add(firm)
        shop.db.session.flush()
        shop.db.session.add(shop.Job(customer_id=ada.id, company_id=firm.id, is_current=is_current))
    shop.db.session.flush()
    storefront.give_sample(ada.id, ["email"])
    return ada


def _key(shop: Shop) -> Any:
    key = shop.key()
    return key if key is None else str(key)


def test_a_person_in_several_firms_gets_it_once(firms: Shop) -> None:
    employ(firms, ("Bikes Ltd", True), ("Wheels Ltd", True))
    segment = operations.add(firms.session, "Firms", ANNA)
    firm_keys = [MemberKey(PARTNER, str(ref)) for ref in firms.session.scalars(select(firms.Company.id))]
    members.add(firms.session, firms.plugin.shop, segment, firm_keys, ANNA)
    firms.send(firms.newsletter(), segment.id)

    firms.work()

    assert sorted(message.address for message in firms.email.sent) == ["ada@example.com"]


def test_one_current_job_is_enough(firms: Shop) -> None:
    ada = employ(firms, ("Bikes Ltd", False), ("Wheels Ltd", True), ("Saddles Ltd", False))
    person = get(firms.session, firms.plugin.shop, PersonKey(CONTACT, str(ada.id)))
    assert person is not None
    assert person.is_active
    assert person.company == "Wheels Ltd"
    assert audience.counts(firms.session, firms.plugin.shop, Choice("email", everybody=True)) == {None: 1}


def test_no_current_job_is_inactive(firms: Shop) -> None:
    employ(firms, ("Bikes Ltd", False), ("Wheels Ltd", False))
    assert audience.counts(firms.session, firms.plugin.shop, Choice("email", everybody=True)) == {"inactive": 1}


def test_further_columns_are_variables_of_the_newsletter(firms: Shop) -> None:
    employ(firms, ("Bikes Ltd", True))
    assert {"favourite", "partner.city", "partner.former"} <= set(variables.names(firms.plugin.shop))
    text = "You like {{ favourite }}; greetings to {{ partner.city }} and {{ company }}."
    firms.send(firms.newsletter(body=text))

    firms.work()

    ada = next(message for message in firms.email.sent if message.address == "ada@example.com")
    assert "You like red bikes; greetings to Ulm and Bikes Ltd." in _text(ada.content)


def _text(content: bytes) -> str:
    part = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())
