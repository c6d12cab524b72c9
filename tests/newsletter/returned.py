"""A message that was sent, what is reported on it, and the mails that come back.

Those in ``bounces/real`` are from sisimai/set-of-emails (BSD 2-clause, see the LICENSE there).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, update

from tests.shops import Shop
from webshop_segments.consent.models import ConsentState, Suppression
from webshop_segments.newsletter.models import Delivery, Dispatch
from webshop_segments.newsletter.replies import incoming, receipts
from webshop_segments.newsletter.replies.event_models import ProviderEvent
from webshop_segments.newsletter.replies.receipts import Event

FOLDER = Path(__file__).parent / "bounces"

LOOKS_LIKE_OURS = "<0123456789abcdef.12.345@shop.example>"


def mail(name: str, message_id: str = LOOKS_LIKE_OURS, token: str = "t" * 55) -> bytes:
    """One of our own examples."""
    written = (FOLDER / f"{name}.eml").read_bytes()
    return written.replace(b"<MESSAGE-ID>", message_id.encode()).replace(b"TOKEN", token.encode())


def real_mail(name: str, message_id: str = LOOKS_LIKE_OURS) -> bytes:
    """A mail that a server once sent; the message it returns gets this id, where it returns one."""
    head, end, rest = (FOLDER / "real" / f"{name}.eml").read_bytes().partition(b"\n\n")
    return head + end + re.sub(rb"(?im)^(Message-ID: *)<.*>", rb"\1" + message_id.encode(), rest)


def as_it_came(name: str) -> bytes:
    """A mail that a server once sent, about somebody else's message."""
    return (FOLDER / "real" / f"{name}.eml").read_bytes()


OURS = sorted(path.stem for path in FOLDER.glob("*.eml"))
REAL = sorted(path.stem for path in (FOLDER / "real").glob("*.eml"))


@dataclass
class Sent:
    """One message to Ada, and ways to report on it."""

    shop: Shop
    dispatch: Dispatch

    @property
    def row(self) -> Delivery:
        found = select(Delivery).where(Delivery.dispatch_id == self.dispatch.id, Delivery.number == 1)
        return self.shop.session.scalars(found.execution_options(populate_existing=True)).one()

    def comes_back(self, name: str, **values: str) -> str:
        return self.takes(mail(name, self.row.message_id or "", **values))

    def takes(self, raw: bytes) -> str:
        done = incoming.take_mail(self.shop.session, self.shop.plugin.keys, raw)
        self.shop.session.commit()
        assert "@" not in done
        return done

    def report(self, status: str, reason: str = "", message: str | None = None) -> str:
        event = Event("twilio", f"{message}:{status}", status, reason, message)
        done = receipts.take(self.shop.session, self.dispatch.id, 1, event)
        self.shop.session.commit()
        return done

    def becomes(self, status: str, **values: object) -> None:
        found = Delivery.dispatch_id == self.dispatch.id, Delivery.number == 1
        self.shop.session.execute(update(Delivery).where(*found).values(status=status, **values))
        self.shop.session.commit()


def send(shop: Shop, channel: str = "email") -> Sent:
    dispatch = shop.send(shop.newsletter(channel), control_copy=False)
    shop.work()
    return Sent(shop, dispatch)


def suppressed(shop: Shop) -> list[str]:
    return list(shop.session.scalars(select(Suppression.reason)))


def consents(shop: Shop) -> dict[str, str]:
    rows = shop.session.execute(select(ConsentState.person_ref, ConsentState.status))
    return {ref: status for ref, status in rows}


def events(shop: Shop) -> int:
    return shop.session.scalar(select(func.count()).select_from(ProviderEvent)) or 0
