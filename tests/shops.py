"""Small webshops for the tests: companies with employees or one user table, keys of every type."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Boolean, DateTime, ForeignKey, Integer, String, Uuid, event
from sqlalchemy.orm import Session

from webshop_segments import Actor, Columns, MemoryChannel, SQLAlchemyShop, WebshopSegments, storefront
from webshop_segments.access import FLAGS
from webshop_segments.consent import default_text, versions
from webshop_segments.consent.models import ConsentVersion
from webshop_segments.newsletter import dispatches, newsletters
from webshop_segments.newsletter.engine.worker import Worker
from webshop_segments.newsletter.models import Dispatch, Newsletter
from webshop_segments.newsletter.newsletters import Draft
from webshop_segments.plugin import EXTENSION, Plugin

ANNA = Actor("administrator", "1", "Anna")

KEY_TYPES: dict[str, Any] = {"integer": Integer, "uuid": Uuid, "text": String(40)}

_numbers = count(1)


@dataclass
class Staff:
    """Access for tests: whoever holds these flags, or nobody."""

    flags: set[str] = field(default_factory=lambda: set(FLAGS))
    stranger: bool = False

    def can(self, flag: str) -> bool:
        return not self.stranger and flag in self.flags

    def actor(self) -> Actor | None:
        return None if self.stranger else ANNA

    def challenge(self) -> Any:
        return "Log in first.", 401


@dataclass
class Shop:
    """A running shop with the plugin, and short ways to fill it."""

    app: Flask
    db: Any
    Company: Any
    Customer: Any
    staff: Staff
    email: MemoryChannel
    sms: MemoryChannel
    key_type: str

    @property
    def plugin(self) -> Plugin:
        found: Plugin = self.app.extensions[EXTENSION]
        return found

    @property
    def session(self) -> Session:
        return self.plugin.session

    def key(self) -> Any:
        """A key for a new row: databases number integers themselves."""
        number = next(_numbers)
        return {"integer": None, "uuid": uuid.uuid4(), "text": f"K-{number:05d}"}[self.key_type]

    def company(self, name: str = "Bikes Ltd", **values: Any) -> Any:
        row = self.Company(id=self.key(), name=name, **values)
        self.db.session.add(row)
        self.db.session.flush()
        return row

    def customer(self, email: str | None = None, company: Any = None, **values: Any) -> Any:
        """A contact, by default with a verified address, in a company of its own."""
        company = company or self.company(f"Company of {email}")
        values = {"email_verified": True, "first_name": "Ada", "last_name": "Young"} | values
        row = self.Customer(id=self.key(), company_id=company.id, email=email, **values)
        self.db.session.add(row)
        self.db.session.flush()
        return row

    def publish(self, *channels: str, change: str = versions.EDITORIAL, end_removed: bool = False) -> ConsentVersion:
        """Publish a version with the proposed wording."""
        return versions.publish(
            self.session,
            channels=channels or ("email",),
            wordings=default_text.default_wordings("Test shop", "https://shop.example/privacy"),
            controller="Test shop",
            change=change,
            end_removed=end_removed,
            by=ANNA,
        )

    def agreed(self, email: str, *channels: str, **values: Any) -> Any:
        """A customer who has agreed."""
        row = self.customer(email, **values)
        storefront.give_sample(row.id, list(channels or ("email",)))
        return row

    def newsletter(self, channel: str = "email", **values: Any) -> Newsletter:
        content = {"name": "Spring", "subject": "Hello {{ first_name }}", "body": "Dear {{ first_name }}, look."}
        content |= values
        return newsletters.add(self.session, self.plugin.shop, channel, Draft(**content), ANNA)

    def send(self, newsletter: Newsletter, *segment_ids: int, **values: Any) -> Dispatch:
        """Start a dispatch and commit it; the worker has not run."""
        key = uuid.uuid4().hex
        row = dispatches.start(self.session, self.plugin, newsletter, segment_ids, key, ANNA, **values)
        self.session.commit()
        return row

    def work(self, **values: Any) -> None:
        """Let a worker do everything there is to do."""
        worker = Worker(self.plugin, **values)
        worker.run_until_idle()
        worker.close()
        self.session.expire_all()


class Reader(FlaskClient):
    """Reads each answer to its end: a streamed one holds its database connection until then."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> Any:
        return super().open(*args, buffered=buffered, **kwargs)


def make_shop(
    database_url: str,
    *,
    schema: str | None = None,
    key_type: str = "integer",
    one_table: bool = False,
    access: Any = None,
    config: dict[str, Any] | None = None,
    csrf: bool = False,
) -> Shop:
    """A shop on an address with the plugin's tables; its own are made here.

    :param schema: where the host's tables lie.
    :param one_table: a private customer is partner and contact in one row.
    """
    app = Flask("tests.shop")
    app.config.update(
        SECRET_KEY="test",
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=database_url,
        WTF_CSRF_ENABLED=csrf,
        WSS_PUBLIC_URL="https://shop.example",
        WSS_KEYS="k1:" + "0123456789abcdef" * 3,
        WSS_SHOP_NAME="Test shop",
        WSS_SHOP_EMAIL="shop@shop.example",
        WSS_IMPRINT="Test shop, High Street 1, 12345 Town",
        WSS_TWILIO_SENDER="+4915123456700",
        MAIL_DEFAULT_SENDER="news@shop.example",
    )
    app.config.update(config or {})
    app.test_client_class = Reader
    db = SQLAlchemy(app)
    if csrf:
        CSRFProtect(app)
    company, customer = _tables(db, KEY_TYPES[key_type], schema)
    email, sms, staff = MemoryChannel("email"), MemoryChannel("sms"), Staff()
    names = {name: name for name in ("email", "phone", "first_name", "last_name", "locale", "birthday")}
    facts = names | {"is_active": "is_active", "email_verified": "email_verified", "phone_verified": "phone_verified"}
    if one_table:
        contacts = Columns(customer, contact_ref="id", partner_ref="id", **facts)
        partners = Columns(customer, partner_ref="id", name="email", is_active="is_active", created_at="created_at")
    else:
        contacts = Columns(customer, contact_ref="id", partner_ref="company_id", **facts)
        partners = Columns(
            company, partner_ref="id", name="name", is_active="is_active", city="city", created_at="created_at"
        )
    WebshopSegments(
        app,
        db,
        shop=SQLAlchemyShop(contacts=contacts, partners=partners),
        access=access or staff,
        channels={"email": email, "sms": sms},
    )
    with app.app_context():
        db.create_all()
    return Shop(app, db, company, customer, staff, email, sms, key_type)


def _tables(db: Any, key: Any, schema: str | None) -> tuple[Any, Any]:
    prefix = f"{schema}." if schema else ""

    class Company(db.Model):
        __table_args__ = {"schema": schema}
        id = db.Column(key, primary_key=True)
        name = db.Column(String(200))
        city = db.Column(String(80))
        is_active = db.Column(Boolean, default=True, nullable=False)
        created_at = db.Column(DateTime)

    class Customer(db.Model):
        __table_args__ = {"schema": schema}
        id = db.Column(key, primary_key=True)
        company_id = db.Column(key, ForeignKey(f"{prefix}company.id"), index=True)
        email = db.Column(String(254))
        phone = db.Column(String(40))
        first_name = db.Column(String(80))
        last_name = db.Column(String(80))
        locale = db.Column(String(10))
        birthday = db.Column(String(10))
        is_active = db.Column(Boolean, default=True, nullable=False)
        email_verified = db.Column(Boolean, default=False, nullable=False)
        phone_verified = db.Column(Boolean, default=False, nullable=False)
        created_at = db.Column(DateTime)

    return Company, Customer


class Statements:
    """Counts and keeps the statements an engine runs, as a context manager."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.texts: list[str] = []

    def __enter__(self) -> Statements:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.texts.append(statement)
