"""A shop whose newsletters leave through the panel's mail account, and how it is saved."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from tests.channels.smtp_server import ScriptedServer
from tests.shops import ANNA, Shop
from webshop_segments.newsletter.account import account as accounts
from webshop_segments.newsletter.account.channel import MailAccountChannel
from webshop_segments.newsletter.account.checks import Draft
from webshop_segments.newsletter.models import Dispatch

PASSWORD = "correct horse"

DRAFT = Draft("Ada's Bikes", "news@bikes.example", "127.0.0.1", 25, "none")
LOGIN = {"username": "ada", "password": PASSWORD}
AUTH = "AUTH PLAIN " + base64.b64encode(f"\0ada\0{PASSWORD}".encode()).decode()


def use(shop: Shop, **settings: Any) -> None:
    """A worker of this shop finds its account in the panel, and else a server where nobody answers."""
    config = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": 1, "MAIL_SUPPRESS_SEND": False, **settings}
    channel = MailAccountChannel.from_config(shop.app.config | config, timeout=5)
    shop.plugin.channels["email"] = channel  # type: ignore[index]


def save(shop: Shop, at: ScriptedServer, **values: Any) -> None:
    draft = replace(DRAFT, port=at.port, **values)
    accounts.save(shop.session, shop.plugin.keys, draft, accounts.version(accounts.get(shop.session)), ANNA)
    shop.session.commit()


def sending(shop: Shop, *names: str) -> Dispatch:
    """A sending to new people and whoever agreed before."""
    if shop.session.scalar(select(Dispatch.id)) is None:
        shop.publish()
    for name in names:
        shop.agreed(f"{name}@example.org")
    return shop.send(shop.newsletter(), control_copy=False)
