"""The loader of the sample shop; data/README.md says what is real in it and what invented."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select, text
from werkzeug.security import generate_password_hash

from webshop_segments import Refused, storefront

from .models import Address, Company, Customer, Order, OrderLine, Product, db

DATA = Path(__file__).parent / "data"
PASSWORD = "demo-customer"
STATES = {"5": "shipped"}

Row = Mapping[str, str]


def is_loaded() -> bool:
    return db.session.scalar(select(Company.id).limit(1)) is not None


def load_sample_shop() -> str:
    """Fill the empty shop within the session's transaction, and say what was loaded."""
    db.session.add_all(_product(row) for row in _rows("products.csv"))
    customers = _customers()
    _give_addresses(customers)
    db.session.add_all(customers.values())
    db.session.flush()
    db.session.add_all(_orders(customers))
    db.session.flush()
    _continue_numbering()
    consents = {id: ["email"] for id in customers if id % 3 == 0} | _add_invented()
    wishes = [(id, channel) for id, channels in consents.items() for channel in channels]
    given = sum(_give(contact_ref, channel) for contact_ref, channel in wishes)
    companies = db.session.scalar(select(func.count(Company.id)))
    people = db.session.scalar(select(func.count(Customer.id)))
    return f"{people} people of {companies} business partners, {given} consents ({len(wishes) - given} refused)"


def _give(contact_ref: int, channel: str) -> bool:
    try:
        storefront.give_sample(contact_ref, [channel])
    except Refused:
        return False
    return True


def _rows(name: str) -> Iterator[Row]:
    with open(DATA / name, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _product(row: Row) -> Product:
    return Product(
        id=int(row["product_id"]),
        price=Decimal(row["price"]),
        **{name: row[name] for name in ("sku", "name", "category", "picture", "description", "color", "size")},
    )


def _customers() -> dict[int, Customer]:
    companies: dict[str, Company] = {}
    customers: dict[int, Customer] = {}
    for row in _rows("customers.csv"):
        name, created_at = row["company"], _day(row["created_on"])
        company = companies.setdefault(name, Company(name=name, created_at=created_at))
        company.created_at = min(company.created_at, created_at)
        customers[int(row["customer_id"])] = Customer(
            id=int(row["customer_id"]),
            company=company,
            title=row["title"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            email=row["email"],
            email_verified=True,
            phone=row["phone"],
            created_at=created_at,
        )
    return customers


def _give_addresses(customers: Mapping[int, Customer]) -> None:
    for row in _rows("addresses.csv"):
        company = customers[int(row["customer_id"])].company
        taken = {address.kind for address in company.addresses}
        company.addresses.append(
            Address(
                kind="branch" if row["kind"] in taken else row["kind"],
                street=", ".join(filter(None, (row["street"], row["extra"]))),
                postal_code=row["postal_code"],
                city=", ".join((row["city"], row["region"])),
                country=row["country"],
            )
        )


def _orders(customers: Mapping[int, Customer]) -> Collection[Order]:
    orders = {row["order_id"]: _order(row, customers[int(row["customer_id"])]) for row in _rows("orders.csv")}
    for row in _rows("order_lines.csv"):
        orders[row["order_id"]].lines.append(
            OrderLine(
                name=f"Product {row['product_id']}",
                quantity=int(row["quantity"]),
                unit_price=Decimal(row["unit_price"]),
                total=Decimal(row["line_total"]),
            )
        )
    return orders.values()


def _order(row: Row, customer: Customer) -> Order:
    address = customer.company.main_address
    assert address is not None, "in this data every customer with an order has an address"
    return Order(
        id=int(row["order_id"]),
        company_id=customer.company_id,
        customer_id=customer.id,
        email=customer.email,
        name=customer.name,
        street=address.street,
        postal_code=address.postal_code,
        city=address.city,
        country=address.country,
        placed_at=_day(row["placed_on"]),
        state=STATES[row["status"]],
        total=Decimal(row["total"]),
    )


def _add_invented() -> dict[int, list[str]]:
    """The invented people; answers the channels each has agreed to."""
    password_hash = generate_password_hash(PASSWORD)
    companies: dict[str, Company] = {}
    people: list[tuple[Customer, list[str]]] = []
    for row in _rows("invented.csv"):
        if row["company"] not in companies:
            companies[row["company"]] = _invented_company(row)
        person = Customer(
            company=companies[row["company"]],
            title=row["title"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            email=row["email"],
            email_verified=row["email_verified"] == "yes",
            phone=row["phone"] or None,
            phone_verified=row["phone_verified"] == "yes",
            locale=row["locale"],
            is_active=row["active"] == "yes",
            password_hash=password_hash,
        )
        people.append((person, row["consents"].split()))
    db.session.add_all(person for person, _ in people)
    db.session.flush()
    return {person.id: channels for person, channels in people if channels}


def _invented_company(row: Row) -> Company:
    return Company(
        name=row["company"],
        kind=row["kind"],
        tax_number=row["tax_number"] or None,
        is_active=row["company_active"] == "yes",
        addresses=[Address(**{name: row[name] for name in ("street", "postal_code", "city", "country")})],
    )


def _continue_numbering() -> None:
    """PostgreSQL numbers new rows from 1, whatever ids were loaded before."""
    if db.session.get_bind().dialect.name == "postgresql":
        for table in ("customer", "orders", "product"):
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            db.session.execute(text(f"SELECT setval({sequence}, (SELECT max(id) FROM {table}))"))


def _day(iso: str) -> datetime:
    return datetime.fromisoformat(iso).replace(tzinfo=UTC)
