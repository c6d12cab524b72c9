"""One window of a dispatch before it leaves: read the people, test consent, fill in, mark; and settled after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlalchemy.orm import Session, sessionmaker

from ...channel import Channel, Message, Outcome
from ...consent import state, suppression
from ...consent.tokens import Link
from ...directory.addresses import ADDRESS_COLUMN
from ...directory.people import Lookup, Person, PersonKey
from ...errors import Refused
from ...i18n import _
from ...plugin import Plugin
from .. import deliveries
from ..deliveries import CONTROL, Settled
from ..limits import allowance
from ..message.compiled import CompiledMessage, Recipient
from ..models import Dispatch
from ..replies import receipts
from . import claims, outcomes
from .claims import Claimed


@dataclass(frozen=True, slots=True)
class Marked:
    """What may leave now.

    :param failed: what cannot be filled in, marked all the same, to be settled with the rest.
    :param last: the claim ends here: a limit is reached, its dispatch paused, or its lease over.
    :param granted_at: when the limits were counted, for what is given back.
    :param until: on the monotonic clock, when the lease of these rows ends; nothing may leave after it.
    """

    messages: list[Message]
    failed: dict[int, Settled]
    rows: dict[int, Claimed]
    last: bool
    granted_at: datetime | None
    until: float

    @property
    def numbers(self) -> list[int]:
        return [*(message.number for message in self.messages), *self.failed]


class Compiled:
    """What is made once per dispatch: its message, that of the shop's own copy, the statement that finds the people."""

    def __init__(self, dispatch: Dispatch, plugin: Plugin) -> None:
        self.people = CompiledMessage(dispatch, plugin.keys, plugin.settings)
        self.lookup = Lookup(plugin.shop)
        self.copy = CompiledMessage(dispatch, plugin.keys, plugin.settings, mark=_("[Copy]") + " ")


class Window:
    """Marks and settles claimed deliveries of one dispatch, each in one short transaction."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        plugin: Plugin,
        dispatch: Dispatch,
        compiled: Compiled,
        lease_id: str,
        lease_seconds: float,
    ) -> None:
        self._sessions, self._plugin, self._dispatch = sessions, plugin, dispatch
        self._people, self._copy, self._lookup = compiled.people, compiled.copy, compiled.lookup
        self._lease_id, self._lease_seconds = lease_id, lease_seconds
        self._channel: Channel = plugin.channels[dispatch.channel]
        self._resting: set[str] = set()

    def __str__(self) -> str:
        return f"dispatch {self._dispatch.id}"

    def mark(self, claimed: Sequence[Claimed]) -> Marked:
        """Set to ``sending`` whoever still agrees and is within the limits; skip, with a reason, who no longer does."""
        until = monotonic() + self._lease_seconds
        granted, at = self._granted(claimed)
        with self._sessions() as session:
            found, reasons = self._read(session, granted)
            there = [row for row in granted if row.number in found]
            messages, failed = self._fill(there, found)
            column = ADDRESS_COLUMN[self._dispatch.channel]
            marked = claims.mark(
                session,
                self._dispatch,
                self._lease_id,
                {row.number: found[row.number].seen(column) for row in there},
                self._people.message_id_parts(),
                self._lease_seconds,
            )
            unmarked = [row for row in there if row.number not in marked]
            why = self._why(session, unmarked, found)
            claims.skip(session, self._dispatch.id, self._lease_id, reasons | why)
            unused = Counter(row.domain for row in granted if row.number not in marked)
            allowance.give_back(session, self._channel, unused, at)
            session.commit()
        return Marked(
            [message for message in messages if message.number in marked],
            {number: settled for number, settled in failed.items() if number in marked},
            {row.number: row for row in granted},
            len(granted) < len(claimed) or len(why) < len(unmarked),
            at,
            until,
        )

    def settle(self, marked: Marked, answers: Iterable[Outcome]) -> Counter[str]:
        """Write what became of a window; returns how many came to which status."""
        settled = marked.failed | {
            outcome.number: outcomes.judged(outcome, marked.rows[outcome.number].attempts) for outcome in answers
        }
        resting = {marked.rows[outcome.number].domain for outcome in answers if outcomes.asks_for_rest(outcome)}
        self._resting |= resting
        with self._sessions() as session:
            deliveries.settle(session, self._dispatch.id, self._lease_id, settled)
            receipts.suppress_bounced(session, self._dispatch.id, settled)
            for domain in sorted(resting):
                allowance.hold(session, self._channel.name, domain, outcomes.HOLD_SECONDS)
            session.commit()
        return Counter(one.status for one in settled.values())

    def unmark(self, marked: Marked) -> None:
        """Give back what was marked and has not left."""
        unused = Counter(marked.rows[number].domain for number in marked.numbers)
        with self._sessions() as session:
            claims.unmark(session, self._dispatch.id, self._lease_id, marked.numbers)
            allowance.give_back(session, self._channel, unused, marked.granted_at)
            session.commit()

    def _granted(self, claimed: Sequence[Claimed]) -> tuple[list[Claimed], datetime | None]:
        """In a transaction of its own: while it is open, every other worker of the channel waits."""
        zone = self._plugin.settings.timezone
        awake = [row for row in claimed if row.domain not in self._resting]
        with self._sessions() as session:
            counted = allowance.grant(session, self._channel, zone, Counter(row.domain for row in awake))
            session.commit()
        left = dict(counted)
        granted = []
        for row in awake:
            if left[row.domain] > 0:
                left[row.domain] -= 1
                granted.append(row)
        return granted, counted.at

    def _read(self, session: Session, claimed: Sequence[Claimed]) -> tuple[dict[int, Person], dict[int, str]]:
        """The people of a window as the shop has them now, and why some get nothing any more."""
        keys = {row.number: PersonKey(row.person_kind, row.person_ref) for row in claimed}
        there = self._lookup.find(session, [key for key in keys.values() if key.kind != CONTROL])
        found: dict[int, Person] = {}
        reasons: dict[int, str] = {}
        for number, key in keys.items():
            if key.kind == CONTROL:
                found[number] = _control(self._plugin.settings.shop_name)
            elif key not in there:
                reasons[number] = "not_in_shop"
            elif not there[key].is_active:
                reasons[number] = "inactive"
            else:
                found[number] = there[key]
        return found, reasons

    def _fill(self, rows: Sequence[Claimed], found: dict[int, Person]) -> tuple[list[Message], dict[int, Settled]]:
        messages, failed = [], {}
        by_provider = self._dispatch.channel != "email"
        for row in rows:
            control = row.person_kind == CONTROL
            link = None
            if not control:
                link = Link(PersonKey(row.person_kind, row.person_ref), self._dispatch.channel, row.address_key)
            compiled = self._copy if control else self._people
            try:
                content = compiled.fill(Recipient(row.number, row.address, found[row.number], link))
            except Refused as refusal:
                failed[row.number] = Settled("failed", str(refusal)[:255])
                continue
            later = receipts.status_url(self._plugin.settings, self._dispatch.id, row.number) if by_provider else None
            sender = self._dispatch.sender_address
            messages.append(Message(row.number, row.address, content, sender, later, in_lines=not by_provider))
        return messages, failed

    def _why(self, session: Session, unmarked: Sequence[Claimed], found: dict[int, Person]) -> dict[int, str]:
        """Why the mark passed rows over: withdrawn, renewed, suppressed or moved in the last second.

        Where the consent stands the lease ran out, or the dispatch is paused; such a row waits in the queue again.
        """
        reasons = {}
        column = ADDRESS_COLUMN[self._dispatch.channel]
        for row in unmarked:
            key = PersonKey(row.person_kind, row.person_ref)
            held = state.of_person(session, key).get(self._dispatch.channel)
            shown = held[1] if held is not None else "never_asked"
            if suppression.reason_of(session, self._dispatch.channel, row.address_key) is not None:
                reasons[row.number] = "suppressed"
            elif shown != state.GRANTED:
                reasons[row.number] = {"ended": "channel_ended"}.get(shown, shown)
            elif held is not None and held[0].address_seen != found[row.number].seen(column):
                reasons[row.number] = "address_changed"
        return reasons


def _control(shop_name: str) -> Person:
    return Person(PersonKey(CONTROL, ""), None, None, "", "", None, True, True, True, shop_name)
