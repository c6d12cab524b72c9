"""The sample data, as README.md beside them says."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from webshop_segments.demo.load import is_loaded, load_sample_shop
from webshop_segments.demo.models import Address, Company, Customer, Order, OrderLine, Product, db


def count(column: object) -> int:
    return db.session.scalar(select(func.count(column))) or 0


def test_the_sample_shop_is_loaded_as_it_is_with_its_copies(app: Flask) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(Product, 1))
        assert not is_loaded()
        load_sample_shop()
        db.session.commit()
        assert is_loaded()
        sample = Customer.email.like("%@adventure-works.com")
        assert db.session.scalar(select(func.count()).where(sample)) == 847
        assert db.session.scalar(select(func.count(Customer.email.distinct())).where(sample)) == 440
        assert db.session.scalar(select(func.count(Customer.company_id.distinct())).where(sample)) == 439
        assert db.session.scalar(select(Customer.email).where(Customer.id == 29832)) == "jésus0@adventure-works.com"
        assert (count(Product.id), count(Order.id), count(OrderLine.id)) == (293, 32, 542)
        assert count(Address.id) == 417 + 10
        assert set(db.session.scalars(select(Company.kind).distinct())) == {"company", "person"}


def test_new_rows_are_numbered_after_the_loaded_ones(app: Flask) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(Product, 1))
        load_sample_shop()
        newcomer = Customer(company=Company(name="New"), first_name="N", last_name="N", email="n@example.com")
        db.session.add(newcomer)
        db.session.flush()
        assert newcomer.id > 30118
        db.session.rollback()
