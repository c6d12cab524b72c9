"""A plain webshop of companies and their employees, wired as any shop is; its environment says where to run."""

from __future__ import annotations

import os
from datetime import datetime

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from webshop_segments import Columns, EmailChannel, SQLAlchemyShop, WebshopSegments

KEYS = "bench:" + "0123456789abcdef" * 3
COUNTRY = "DE"


class Base(DeclarativeBase):
    """Base of the shop's own tables."""


db = SQLAlchemy(model_class=Base)


class Company(db.Model):  # type: ignore[name-defined,misc]
    """A business partner."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10))
    tax_number: Mapped[str | None] = mapped_column(String(20))
    street: Mapped[str] = mapped_column(String(120))
    postal_code: Mapped[str] = mapped_column(String(10))
    city: Mapped[str] = mapped_column(String(80))
    country: Mapped[str] = mapped_column(String(2))
    status: Mapped[str] = mapped_column(String(10))
    is_active: Mapped[bool]
    created_at: Mapped[datetime]


class Customer(db.Model):  # type: ignore[name-defined,misc]
    """An employee of a company, or its only one."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey(Company.id), index=True)
    title: Mapped[str] = mapped_column(String(10))
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    locale: Mapped[str | None] = mapped_column(String(10))
    birthday: Mapped[str | None] = mapped_column(String(10))
    email_verified: Mapped[bool]
    phone_verified: Mapped[bool]
    is_active: Mapped[bool]
    created_at: Mapped[datetime]


SHOP = SQLAlchemyShop(
    contacts=Columns(
        Customer,
        contact_ref="id",
        partner_ref="company_id",
        **{name: name for name in ("title", "first_name", "last_name", "email", "phone", "locale", "birthday")},
        **{name: name for name in ("email_verified", "phone_verified", "is_active")},
        customer_since="created_at",
    ),
    partners=Columns(
        Company,
        partner_ref="id",
        **{name: name for name in ("name", "kind", "tax_number", "street", "postal_code", "city", "country")},
        **{name: name for name in ("status", "is_active", "created_at")},
    ),
)


def create_app() -> Flask:
    """The shop on the database at BENCH_DATABASE_URL; its mail server is this machine's BENCH_MAIL_PORT.

    BENCH_CONNECTIONS says how many connections a worker has to it.
    """
    app = Flask("benchmarks.host")
    app.config.update(
        SECRET_KEY="bench",
        SQLALCHEMY_DATABASE_URI=os.environ["BENCH_DATABASE_URL"],
        WSS_PUBLIC_URL="https://shop.example",
        WSS_KEYS=KEYS,
        WSS_SHOP_NAME="Bench shop",
        WSS_SHOP_EMAIL="shop@shop.example",
        WSS_IMPRINT="Bench shop, High Street 1, 12345 Town",
        WSS_DEFAULT_COUNTRY=COUNTRY,
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT=int(os.environ.get("BENCH_MAIL_PORT") or 2525),
        MAIL_DEFAULT_SENDER="news@shop.example",
    )
    db.init_app(app)
    connections = int(os.environ.get("BENCH_CONNECTIONS") or 2)
    email = EmailChannel.from_config(app.config, connections=connections)
    WebshopSegments(app, db, shop=SHOP, channels={"email": email})
    return app
