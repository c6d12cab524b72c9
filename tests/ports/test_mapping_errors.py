"""A wrong mapping is refused when the app starts, with the method and the column at fault."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Boolean, DateTime, Float, ForeignKey, Integer, LargeBinary, String, select
from sqlalchemy.orm import relationship

from webshop_segments import Columns, SQLAlchemyShop, WebshopSegments
from webshop_segments.errors import ConfigurationError

pytestmark = pytest.mark.once

db = SQLAlchemy()


class Firm(db.Model):
    id = db.Column(Integer, primary_key=True)
    code = db.Column(String(20))
    weight = db.Column(Float)
    picture = db.Column(LargeBinary)
    name = db.Column(String(80))
    is_open = db.Column(Boolean)
    since = db.Column(DateTime)
    people = relationship("Human")

    @property
    def shouted(self) -> str:
        return str(self.name).upper()


class Human(db.Model):
    id = db.Column(Integer, primary_key=True)
    firm_id = db.Column(Integer, ForeignKey("firm.id"))
    email = db.Column(String(254))
    phone = db.Column(String(40))
    is_open = db.Column(Boolean)


class Archived(db.Model):
    __bind_key__ = "archive"
    id = db.Column(Integer, primary_key=True)
    name = db.Column(String(80))
    is_open = db.Column(Boolean)


CONTACTS: dict[str, Any] = {
    "contact_ref": "id",
    "partner_ref": "firm_id",
    "email": "email",
    "phone": "phone",
    "is_active": "is_open",
}
PARTNERS: dict[str, Any] = {"partner_ref": "id", "name": "name", "is_active": "is_open"}
ORDERS: dict[str, Any] = {"order_ref": "id", "partner_ref": "id", "placed_at": "since", "total": "id"}


def start(contacts: Any = None, partners: Any = None, orders: Any = None, **settings: Any) -> None:
    app = Flask("tests.mapping")
    app.config.update(
        SQLALCHEMY_DATABASE_URI="sqlite://",
        SQLALCHEMY_BINDS={"archive": "sqlite://"},
        WSS_PUBLIC_URL="https://shop.example",
        WSS_KEYS={"k1": "x" * 32},
        **settings,
    )
    db.init_app(app)
    contacts = Columns(Human, **CONTACTS) if contacts is None else contacts
    partners = Columns(Firm, **PARTNERS) if partners is None else partners
    WebshopSegments(app, db, shop=SQLAlchemyShop(contacts=contacts, partners=partners, orders=orders))


def refusal(**answers: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        start(**answers)
    return str(caught.value)


def test_a_right_mapping_starts() -> None:
    start(orders=Columns(Firm, **ORDERS))


@pytest.mark.parametrize("name", sorted(CONTACTS))
def test_every_needed_column_of_contacts_is_asked_for(name: str) -> None:
    kept = {key: source for key, source in CONTACTS.items() if key != name}
    assert f"contacts(): column {name}" in refusal(contacts=Columns(Human, **kept))


@pytest.mark.parametrize("name", sorted(PARTNERS))
def test_every_needed_column_of_partners_is_asked_for(name: str) -> None:
    kept = {key: source for key, source in PARTNERS.items() if key != name}
    assert f"partners(): column {name}" in refusal(partners=Columns(Firm, **kept))


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_every_needed_column_of_orders_is_asked_for(name: str) -> None:
    kept = {key: source for key, source in ORDERS.items() if key != name}
    assert f"orders(): column {name}" in refusal(orders=Columns(Firm, **kept))


def test_all_faults_are_told_at_once() -> None:
    told = refusal(contacts=Columns(Human, contact_ref="id"), partners=Columns(Firm, partner_ref="id"))
    assert "contacts(): column email (text) is missing" in told
    assert "partners(): column name (text) is missing" in told


@pytest.mark.parametrize(
    ("answer", "wrong", "told"),
    [
        ("partners", {"name": "id"}, "partners(): column name must hold text, but is Integer()"),
        ("partners", {"is_active": "name"}, "partners(): column is_active must hold yes/no, but is String"),
        ("partners", {"created_at": "name"}, "partners(): column created_at must hold time, but is String"),
        ("orders", {"total": "name"}, "orders(): column total must hold amount, but is String"),
        ("partners", {"partner_ref": "weight"}, "partners(): column partner_ref must hold key, but is Float()"),
        ("partners", {"partner_ref": "picture"}, "partners(): column partner_ref must hold key, but is LargeBinary()"),
        ("partners", {"partner_ref": "since"}, "partners(): column partner_ref must hold key, but is DateTime()"),
    ],
)
def test_a_wrong_type_is_told_with_the_right_one(answer: str, wrong: dict[str, str], told: str) -> None:
    right = {"partners": PARTNERS, "orders": ORDERS}[answer]
    assert told in refusal(**{answer: Columns(Firm, **(right | wrong))})


@pytest.mark.parametrize("source", ["fullname", "people", "shouted", "metadata"])
def test_an_attribute_that_is_no_column_is_told_by_name(source: str) -> None:
    assert f"partners: name='{source}', but Firm has no column of that name" in refusal(
        partners=Columns(Firm, **(PARTNERS | {"name": source}))
    )


def test_a_class_that_is_not_mapped_is_refused() -> None:
    assert "is not a mapped class" in refusal(partners=Columns(dict, **PARTNERS))


def test_a_table_in_place_of_a_select_is_refused() -> None:
    assert "partners: give Columns(…) or a SELECT" in refusal(partners=Firm.__table__)


def test_customers_in_another_bind_are_refused() -> None:
    told = refusal(partners=Columns(Archived, **PARTNERS))
    assert "partners: the table archived lives in another bind" in told


def test_a_select_that_joins_another_bind_is_refused() -> None:
    joined = select(Firm.id.label("partner_ref"), Firm.name, Firm.is_open.label("is_active")).join(
        Archived, Archived.id == Firm.id
    )
    assert "partners: the table archived lives in another bind" in refusal(partners=joined)


def test_contacts_and_partners_must_have_keys_of_one_type() -> None:
    told = refusal(partners=Columns(Firm, **(PARTNERS | {"partner_ref": "code"})))
    assert "partner_ref is Integer(), but partners() has String(length=20); both must be one type" in told


def test_the_plugin_comes_after_the_database() -> None:
    app = Flask("tests.early")
    app.config.update(WSS_PUBLIC_URL="https://shop.example", WSS_KEYS={"k1": "x" * 32})
    shop = SQLAlchemyShop(contacts=Columns(Human, **CONTACTS), partners=Columns(Firm, **PARTNERS))
    with pytest.raises(ConfigurationError, match="Call db.init_app"):
        WebshopSegments(app, db, shop=shop)
