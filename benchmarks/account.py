"""What became of every recipient: the plugin's rows against what the mail server has noted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from webshop_segments.newsletter.models import Delivery

from .noting import noted

TOLD = frozenset({"unknown", "bounced", "failed", "skipped", "cancelled"})
"""Whoever got nothing must be one of these."""


@dataclass(frozen=True)
class Account:
    """One run's.

    :param lost: recipients who got nothing, and are not told to have got nothing or perhaps nothing.
    :param doubled: messages that came a second time.
    :param unlisted: recipients who got a message, and whose rows say neither "sent" nor "unknown".
    :param unknown_of: process id → recipients it left in doubt when it died.
    """

    statuses: Counter[str]
    lost: int
    doubled: int
    unlisted: int
    unknown_that_came: int
    unknown_of: Counter[str]

    @property
    def recipients(self) -> int:
        return self.statuses.total()


def account(session: Session, notes: Path, leases: Path) -> Account:
    """Go through all deliveries."""
    came: Counter[str] = Counter()
    to: dict[str, set[str]] = {}
    for address, message_id in noted(notes):
        came[message_id] += 1
        to.setdefault(message_id, set()).add(address)
    process_of = dict(line.split("\t") for line in leases.read_text().splitlines())
    statuses: Counter[str] = Counter()
    unknown_of: Counter[str] = Counter()
    per_address: Counter[tuple[int, str]] = Counter()
    lost = unlisted = unknown_that_came = 0
    columns = (Delivery.dispatch_id, Delivery.status, Delivery.reason, Delivery.message_id, Delivery.lease_id)
    rows = session.execute(select(*columns), execution_options={"yield_per": 10_000})
    for dispatch_id, status, reason, message_id, lease_id in rows:
        statuses[status] += 1
        times = came.pop(message_id, 0)
        for address in to.get(message_id, ()):
            per_address[dispatch_id, address] += times
        lost += not times and status not in TOLD
        unlisted += bool(times) and status not in ("sent", "unknown")
        unknown_that_came += bool(times) and status == "unknown"
        if status == "unknown" and reason == "worker_lost":
            unknown_of[process_of[lease_id]] += 1
    # A message no row knows of was sent twice as well, or to somebody nobody chose.
    doubled = sum(times - 1 for times in per_address.values()) + came.total()
    return Account(statuses, lost, doubled, unlisted, unknown_that_came, unknown_of)
