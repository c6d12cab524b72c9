"""What people did with their consents, as rows of text: digest by digest what the ledger would have written."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from webshop_segments import clock
from webshop_segments.consent.ledger import evidence_digest, record_digest
from webshop_segments.consent.models import EVIDENCE
from webshop_segments.consent.projection import STATUS_AFTER
from webshop_segments.directory.addresses import ADDRESS_COLUMN
from webshop_segments.keys import Keys

from . import host

COLUMNS = {
    "wss_consent_subject": "id, person_kind, person_ref, last_seq, head",
    "wss_consent_record": (
        "id, subject_id, seq, action, basis, channel, version_id, language, source, actor, at, evidence_digest, "
        "previous_digest, digest"
    ),
    "wss_consent_evidence": f"record_id, {', '.join(EVIDENCE)}",
    "wss_consent_state": (
        "person_kind, person_ref, channel, subject_id, record_id, status, version_number, address_seen, address, "
        "address_key, since, wrong_codes"
    ),
    "wss_suppression": "channel, address_key, reason, since",
}

_HISTORIES: dict[str, tuple[tuple[str, ...], ...]] = {
    "granted": (("requested", "confirmed"), ("granted",)),
    "pending": (("requested",),),
    "withdrawn": (("requested", "confirmed", "withdrawn"), ("granted", "withdrawn")),
    "none": ((),),
}
_LATER = {name: timedelta(seconds=s) for name, s in (("requested", 0), ("granted", 0), ("confirmed", 600))}
_LATER["withdrawn"] = timedelta(days=90)
_SOURCES = {"requested": "registration", "granted": "profile", "confirmed": "confirmation", "withdrawn": "profile"}
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Histories:
    """Makes the ledger's rows, its projection's and those of suppressed addresses; ids count up.

    :param version_id: the version everybody was shown, number 1.
    :param dialect: ``postgresql`` or ``sqlite``, which write times and nothing in their own ways.
    """

    def __init__(self, version_id: int, dialect: str) -> None:
        self._version = version_id
        self._null: Any = r"\N" if dialect == "postgresql" else None
        self._keys = Keys.parse(host.KEYS)
        self._now = clock.now().replace(microsecond=0)
        self._records = 0

    def moment(self, at: datetime) -> str:
        """A time in UTC as the database takes it."""
        zone = "" if self._null is None else "+00"
        return f"{at.replace(tzinfo=None)}.000000{zone}"

    def add(
        self,
        rows: dict[str, list[tuple[Any, ...]]],
        number: int,
        outcomes: Mapping[str, str],
        seen: Mapping[str, str],
        asked: datetime,
        chance: random.Random,
    ) -> None:
        """One person's rows.

        :param outcomes: by channel, where she stands now.
        :param seen: what the shop's columns held when she was asked.
        """
        events = sorted(
            # A request older than seven days has expired.
            (_LATER[action] + (self._now - timedelta(hours=chance.randrange(120)) if outcome == "pending" else asked),
             action, channel)
            for channel, outcome in outcomes.items()
            for action in chance.choice(_HISTORIES[outcome])
        )  # fmt: skip
        if not events:
            return
        subject, head, ref = secrets.token_hex(16), "", str(number)
        addresses = {channel: self._address(channel, seen[ADDRESS_COLUMN[channel]]) for channel in outcomes}
        states: dict[str, tuple[Any, ...]] = {}
        for seq, (at, action, channel) in enumerate(events, 1):
            self._records += 1
            evidence = self._evidence(ref, action, addresses[channel])
            head = self._append(rows, subject, seq, at, action, channel, ref, evidence, head)
            states[channel] = (
                *("contact", ref, channel, subject, str(self._records), STATUS_AFTER[action], "1"),
                *(*addresses[channel], self.moment(at), "0"),
            )
        rows["wss_consent_subject"].append((subject, "contact", ref, str(len(events)), head))
        rows["wss_consent_state"] += states.values()
        if outcomes.get("email") == "granted" and number % 250 == 100:
            blocked = ("email", addresses["email"][2], "bounced", self.moment(self._now))
            rows["wss_suppression"].append(blocked)

    def _address(self, channel: str, seen: str) -> tuple[str, str, str]:
        normal = seen if channel == "email" else "+49" + seen[1:].replace(" ", "")
        return seen, normal, self._keys.address_key(channel, normal)

    def _evidence(self, ref: str, action: str, address: tuple[str, str, str]) -> SimpleNamespace:
        where = ("203.0.113.7", _BROWSER, f"/{_SOURCES[action]}")
        values = (secrets.token_hex(16), "contact", ref, *address, *where)
        return SimpleNamespace(**dict(zip(EVIDENCE, values, strict=True)))

    def _append(
        self,
        rows: dict[str, list[tuple[Any, ...]]],
        subject: str,
        seq: int,
        at: datetime,
        action: str,
        channel: str,
        ref: str,
        evidence: SimpleNamespace,
        previous: str,
    ) -> str:
        shown = action != "withdrawn"
        event = SimpleNamespace(
            subject_id=subject,
            seq=seq,
            action=action,
            basis="consent",
            channel=channel,
            version_id=self._version if shown else None,
            language="de" if shown else None,
            source=_SOURCES[action],
            actor=f"customer:{ref}",
            at=at,
            evidence_digest=evidence_digest(evidence),  # type: ignore[arg-type]
            previous_digest=previous,
        )
        digest = record_digest(event)  # type: ignore[arg-type]
        written = vars(event) | {
            "seq": str(seq),
            "at": self.moment(at),
            "version_id": str(self._version) if shown else self._null,
            "language": "de" if shown else self._null,
        }
        record = str(self._records)
        rows["wss_consent_record"].append((record, *written.values(), digest))
        rows["wss_consent_evidence"].append((record, *vars(evidence).values()))
        return digest
