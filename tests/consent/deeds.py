"""What people in these tests do with their consents, in few words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tests.shops import Shop
from webshop_segments.access import Actor, customer
from webshop_segments.consent import choices, state, versions
from webshop_segments.consent.choices import Shown
from webshop_segments.consent.ledger import Circumstances
from webshop_segments.consent.models import ConsentRecord, ConsentVersion, Suppression
from webshop_segments.directory import addresses
from webshop_segments.directory.addresses import Address
from webshop_segments.directory.people import PersonKey

HOLDER = Actor("customer", "holder of the link", "holder of the link")
PHONE = "+4915123456789"
WHERE = Circumstances("203.0.113.7", "Firefox", "/checkout")


@dataclass(frozen=True)
class Someone:
    """A person with one address per channel. A gift is granted at once, a request waits to be confirmed."""

    shop: Shop
    key: PersonKey
    email: str
    phone: str = PHONE

    def address(self, channel: str = "email") -> Address:
        seen = self.email if channel == "email" else self.phone
        return addresses.address(self.shop.plugin.keys, channel, seen, "DE")

    def give(self, channel: str = "email", version: ConsentVersion | None = None) -> ConsentRecord | None:
        return choices.give(*self._about(channel, version, "profile"))

    def request(self, channel: str = "email", version: ConsentVersion | None = None) -> ConsentRecord | None:
        return choices.request(*self._about(channel, version, "guest_checkout"))

    def confirm(self, channel: str = "email") -> bool:
        """Press the link of the newest request; False where it does not help any more."""
        session = self.shop.session
        requested = session.scalars(
            select(ConsentRecord).where(ConsentRecord.channel == channel, ConsentRecord.action == "requested")
        ).all()
        mine = [record for record in requested if record.evidence and record.evidence.person_ref == self.key.ref]
        return bool(mine) and choices.confirm(session, mine[-1], HOLDER, WHERE) is not None

    def withdraw(self, channel: str = "email") -> bool:
        return choices.withdraw(self.shop.session, self.key, channel, "profile", customer(self.key.ref), WHERE)

    def unsubscribe(self, channel: str = "email", **values: Any) -> int:
        """Press the link of a message."""
        key = self.address(channel).key
        return choices.withdraw_address(self.shop.session, channel, key, "one_click", HOLDER, WHERE, **values)

    def status(self, channel: str = "email") -> str:
        found = state.of_person(self.shop.session, self.key)
        return found[channel][1] if channel in found else "none"

    def history(self) -> list[str]:
        """What happened, oldest first."""
        return [record.action for record in reversed(state.history(self.shop.session, self.key))]

    def suppressed(self, channel: str = "email") -> str | None:
        row = self.shop.session.get(Suppression, (channel, self.address(channel).key), populate_existing=True)
        return row.reason if row else None

    def _about(self, channel: str, version: ConsentVersion | None, place: str) -> tuple[Any, ...]:
        version = version or versions.current(self.shop.session)
        assert version is not None
        shown = Shown(version, "en", place)
        return (self.shop.session, self.key, channel, self.address(channel), shown, customer(self.key.ref), WHERE)


def someone(shop: Shop, email: str = "ada@example.com", **values: Any) -> Someone:
    """A customer of the shop."""
    return Someone(shop, PersonKey("contact", str(shop.customer(email, phone=PHONE, **values).id)), email)
