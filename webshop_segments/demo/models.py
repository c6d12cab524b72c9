"""The shop's own tables: companies, their people, products and orders."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from flask_login import UserMixin
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from werkzeug.security import check_password_hash, generate_password_hash


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Base of the shop's tables."""

    type_annotation_map = {
        str: String(255),
        datetime: DateTime(timezone=True),
        Decimal: Numeric(12, 2),
    }


db = SQLAlchemy(metadata=Base.metadata)


class Company(Base):
    """Who buys: a company with its employees, or a private customer (kind "person")."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), default="company")
    name: Mapped[str] = mapped_column(index=True)
    tax_number: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    people: Mapped[list[Customer]] = relationship(back_populates="company")
    addresses: Mapped[list[Address]] = relationship(back_populates="company", cascade="all, delete-orphan")

    @property
    def main_address(self) -> Address | None:
        return next((address for address in self.addresses if address.kind == "main"), None)


class Customer(UserMixin, Base):  # type: ignore[misc]
    """A person who orders for a company. Two accounts may have one address, as in many a grown shop."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    title: Mapped[str] = mapped_column(default="")
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str] = mapped_column(index=True)
    email_verified: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str | None] = mapped_column(index=True)
    phone_verified: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str | None] = mapped_column(String(10))
    is_active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    company: Mapped[Company] = relationship(back_populates="people")

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def set_password(self, password: str) -> None:
        self.password_hash = generate_password_hash(password)

    def has_password(self, password: str) -> bool:
        return self.password_hash is not None and check_password_hash(self.password_hash, password)


class Address(Base):
    """Where a company is (kind "main") and where else it gets its parcels."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("company_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    kind: Mapped[str] = mapped_column(String(10), default="main")
    street: Mapped[str]
    postal_code: Mapped[str] = mapped_column(String(20))
    city: Mapped[str]
    country: Mapped[str]

    company: Mapped[Company] = relationship(back_populates="addresses")


class Product(Base):
    """Something to buy."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str]
    category: Mapped[str] = mapped_column(String(20), index=True)
    picture: Mapped[str] = mapped_column(String(10))
    description: Mapped[str] = mapped_column(default="")
    color: Mapped[str] = mapped_column(String(20), default="")
    size: Mapped[str] = mapped_column(String(10), default="")
    price: Mapped[Decimal]


class Order(Base):
    """What somebody ordered, with the address as it was then; a guest's order belongs to no company."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    email: Mapped[str]
    name: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str] = mapped_column(String(20))
    city: Mapped[str]
    country: Mapped[str]
    placed_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[str] = mapped_column(String(10), default="open")
    total: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3), default="USD")

    lines: Mapped[list[OrderLine]] = relationship(back_populates="order", cascade="all, delete-orphan")


class OrderLine(Base):
    """One product of an order, named and priced as it was then."""

    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    name: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]
    total: Mapped[Decimal]

    order: Mapped[Order] = relationship(back_populates="lines")
