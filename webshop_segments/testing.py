"""For the tests of a shop, or of an extension of ours: what was sent, and a small shop to try things in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from . import migration
from .access import COMMAND_LINE
from .channel import Message
from .consent import default_text, versions
from .errors import ConfigurationError
from .extension import WebshopSegments
from .newsletter.channels.memory import MemoryChannel
from .newsletter.engine.worker import Worker
from .plugin import EXTENSION, Plugin
from .sqlalchemy_shop import Columns, SQLAlchemyShop
from .storefront import give_sample

CHANNELS = ("email", "sms", "whatsapp")


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as its recipient reads it.

    :param links: the paths of the plugin's links in it, for a test client.
    """

    channel: str
    address: str
    subject: str
    text: str
    html: str
    links: tuple[str, ...]


class Outbox:
    """Where an app's messages end in place of a mail server or Twilio.

    The channels are :class:`MemoryChannel`; give them ``outcomes`` to see what a refusal does.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.channels = {name: MemoryChannel(name, sender=("Test", "test@shop.example")) for name in CHANNELS}
        wired: Plugin = app.extensions[EXTENSION]
        app.extensions[EXTENSION] = replace(wired, channels=self.channels)

    @property
    def sent(self) -> list[Sent]:
        """All that left so far, channel by channel, in order."""
        return self._since(dict.fromkeys(CHANNELS, 0))

    def to(self, address: str) -> list[Sent]:
        """What left for one address or number."""
        return [message for message in self.sent if message.address.lower() == address.lower()]

    def deliver(self) -> list[Sent]:
        """Do what the worker has to do now: newsletters and system mails that were committed; what left thereby.

        :raises ConfigurationError: for a database in memory, which the worker could not see.
        """
        before = {name: len(channel.sent) for name, channel in self.channels.items()}
        with self.app.app_context():
            wired: Plugin = self.app.extensions[EXTENSION]
            if wired.engine.dialect.name == "sqlite" and wired.engine.url.database in (None, "", ":memory:"):
                raise ConfigurationError(
                    "The worker has a connection of its own and cannot see a database in memory: let the tests use "
                    "a file, for example SQLALCHEMY_DATABASE_URI=f'sqlite:///{tmp_path}/shop.db'."
                )
            worker = Worker(wired)
            try:
                worker.run_until_idle()
            finally:
                worker.close()
        return self._since(before)

    def _since(self, before: Mapping[str, int]) -> list[Sent]:
        public_url = self.app.extensions[EXTENSION].settings.public_url
        return [
            _read(name, message, public_url)
            for name, channel in self.channels.items()
            for message in channel.sent[before[name] :]
        ]

    def confirm(self, client: FlaskClient, address: str) -> None:
        """Press the button behind the newest confirmation link that went to an address, as its owner does.

        :raises LookupError: when none did.
        """
        links = [link for message in self.to(address) for link in message.links if "/c/" in link]
        if not links:
            raise LookupError(f"no confirmation was sent to {address}; did you call deliver()?")
        client.post(links[-1])


class FakeShop:
    """A shop of one table of customers, with the plugin's tables, in a database file."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        """:param settings: Flask configuration, over the fake's own."""
        self.app = Flask("fake_shop")
        self.app.config.from_mapping(
            SECRET_KEY="test",
            TESTING=True,
            WTF_CSRF_ENABLED=False,
            SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'shop.db'}",
            WSS_PUBLIC_URL="https://shop.example",
            WSS_KEYS={"test": "0123456789abcdef" * 2},
            WSS_SHOP_NAME="Fake shop",
            WSS_IMPRINT="Fake shop, High Street 1, 12345 Town",
        )
        self.app.config.from_mapping(settings)
        self.db = SQLAlchemy(self.app)
        self.Customer = _customers(self.db)
        names = {name: name for name in ("email", "phone", "is_active", "email_verified", "first_name", "locale")}
        WebshopSegments(
            self.app,
            self.db,
            shop=SQLAlchemyShop(
                contacts=Columns(self.Customer, contact_ref="id", partner_ref="id", **names),
                partners=Columns(self.Customer, partner_ref="id", name="first_name", is_active="is_active"),
            ),
        )
        self.outbox = Outbox(self.app)
        with self.app.app_context():
            self.db.create_all()
            wired: Plugin = self.app.extensions[EXTENSION]
            migration.upgrade(wired.engine, wired.settings.schema)

    def publish(self, *channels: str) -> None:
        """Publish a version of the consent for these channels, with the proposed wording, and commit."""
        with self.app.app_context():
            session = self.app.extensions[EXTENSION].session
            versions.publish(
                session,
                channels=channels or ("email",),
                wordings=default_text.default_wordings("Fake shop", "https://shop.example/privacy"),
                controller="Fake shop",
                change=versions.EDITORIAL,
                end_removed=False,
                by=COMMAND_LINE,
            )
            session.commit()

    def customer(self, email: str, agreed: Sequence[str] = (), **values: Any) -> int:
        """Add a customer, by default with a verified address, and commit; her key.

        :param agreed: channels she has agreed to.
        """
        with self.app.app_context():
            row = self.Customer(email=email, **{"first_name": "Ada", "email_verified": True} | values)
            self.db.session.add(row)
            self.db.session.flush()
            key: int = row.id
            give_sample(key, list(agreed))
            self.db.session.commit()
        return key


def _customers(db: Any) -> Any:
    class Customer(db.Model):  # type: ignore[misc]
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(254))
        phone = db.Column(db.String(40))
        first_name = db.Column(db.String(80))
        locale = db.Column(db.String(10))
        is_active = db.Column(db.Boolean, default=True, nullable=False)
        email_verified = db.Column(db.Boolean, default=False, nullable=False)

    return Customer


def _read(channel: str, message: Message, public_url: str) -> Sent:
    if channel != "email":
        text = message.content.decode()
        return Sent(channel, message.address, "", text, "", _links(text, public_url))
    mail = message_from_bytes(message.content, policy=policy.default)
    plain, html = (_part(mail, kind) for kind in ("plain", "html"))
    return Sent(channel, message.address, str(mail["Subject"]), plain, html, _links(plain, public_url))


def _part(mail: Any, kind: str) -> str:
    part = mail.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _links(text: str, public_url: str) -> tuple[str, ...]:
    return tuple(urlsplit(found).path for found in re.findall(re.escape(public_url) + r"/[\w./~-]+", text))
