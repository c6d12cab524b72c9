"""One window of a dispatch: read the people, mark, fill in, hand to the channel, settle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from .. import clock
from ..channel import Accepted, Message, Outcome, Rejected, Sender, Unknown
from ..consent import state, suppression
from ..consent.models import ConsentState
from ..consent.tokens import Link
from ..directory import people
from ..directory.addresses import ADDRESS_COLUMN
from ..directory.people import Person, PersonKey
from ..errors import Refused
from ..plugin import Plugin
from . import deliveries
from .deliveries import CONTROL, Claimed, Settled
from .message import CompiledMessage, Recipient
from .models import Dispatch

MOST_ATTEMPTS = 8
MOST_BLAMES = 3
"""One server's policy against us may concern one recipient; so many in a window concern the shop (E53)."""
FIRST_DELAY = timedelta(minutes=1)


class OurFault(Exception):
    """The provider refused something about the shop itself; no recipient is to blame."""


class Window:
    """Sends claimed deliveries of one dispatch; no transaction is open while the channel talks."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        plugin: Plugin,
        dispatch: Dispatch,
        compiled: dict[str, CompiledMessage],
        lease_seconds: float,
    ) -> None:
        self._sessions, self._plugin, self._dispatch = sessions, plugin, dispatch
        self._compiled, self._lease_seconds = compiled, lease_seconds

    def send(self, sender: Sender, lease_id: str, claimed: Sequence[Claimed]) -> None:
        """:raises OurFault: after everything is settled, when the provider refuses us."""
        with self._sessions() as session:
            if not deliveries.renew(session, self._dispatch.id, lease_id, self._lease_seconds):
                return
            found, reasons = self._read(session, claimed)
            deliveries.skip(session, self._dispatch.id, lease_id, reasons)
            session.commit()
        messages, failed = self._fill([row for row in claimed if row.number in found], found)
        with self._sessions() as session:
            numbers = [message.number for message in messages] + list(failed)
            marked = deliveries.mark(
                session, self._dispatch, lease_id, numbers, self._message_ids(), self._lease_seconds
            )
            unmarked = [row for row in claimed if row.number in found and row.number not in marked]
            deliveries.skip(session, self._dispatch.id, lease_id, self._why(session, unmarked))
            session.commit()
        attempts = {row.number: row.attempts for row in claimed}
        settled = {number: outcome for number, outcome in failed.items() if number in marked}
        blamed: list[str] = []
        try:
            for outcome in sender.send([message for message in messages if message.number in marked]):
                settled[outcome.number] = _judged(outcome, attempts[outcome.number])
                if isinstance(outcome, Rejected) and outcome.about_us and outcome.permanent:
                    blamed.append(outcome.reason)
        finally:
            # Also when the channel breaks in the middle: what it has answered by then is known.
            with self._sessions() as session:
                deliveries.settle(session, self._dispatch.id, lease_id, settled)
                session.commit()
        accepted = any(outcome.status == "sent" for outcome in settled.values())
        if len(blamed) >= MOST_BLAMES or (blamed and not accepted):
            raise OurFault(blamed[0])

    def _read(self, session: Session, claimed: Sequence[Claimed]) -> tuple[dict[int, Person], dict[int, str]]:
        """The people of a window as the shop has them now, and why some get nothing any more."""
        keys = {row.number: PersonKey(row.person_kind, row.person_ref) for row in claimed}
        there = people.find(session, self._plugin.shop, [key for key in keys.values() if key.kind != CONTROL])
        seen = self._addresses_agreed(session, list(keys.values()))
        column = ADDRESS_COLUMN[self._dispatch.channel]
        found: dict[int, Person] = {}
        reasons: dict[int, str] = {}
        for number, key in keys.items():
            if key.kind == CONTROL:
                found[number] = _control(self._plugin.settings.shop_name)
            elif key not in there:
                reasons[number] = "not_in_shop"
            elif not there[key].is_active:
                reasons[number] = "inactive"
            elif there[key].seen(column) != seen.get(key, there[key].seen(column)):
                reasons[number] = "address_changed"
            else:
                found[number] = there[key]
        return found, reasons

    def _addresses_agreed(self, session: Session, keys: Sequence[PersonKey]) -> dict[PersonKey, str | None]:
        rows = session.execute(
            select(ConsentState.person_kind, ConsentState.person_ref, ConsentState.address_seen).where(
                ConsentState.person_ref.in_({key.ref for key in keys}), ConsentState.channel == self._dispatch.channel
            )
        )
        return {PersonKey(kind, ref): address for kind, ref, address in rows}

    def _fill(self, rows: Sequence[Claimed], found: dict[int, Person]) -> tuple[list[Message], dict[int, Settled]]:
        messages, failed = [], {}
        for row in rows:
            control = row.person_kind == CONTROL
            link = None
            if not control:
                link = Link(PersonKey(row.person_kind, row.person_ref), self._dispatch.channel, row.address_key)
            compiled = self._compiled[CONTROL if control else "people"]
            try:
                content = compiled.fill(Recipient(row.number, row.address, found[row.number], link))
            except Refused as refusal:
                failed[row.number] = Settled("failed", str(refusal)[:255])
                continue
            messages.append(Message(row.number, row.address, content, self._dispatch.sender_address))
        return messages, failed

    def _message_ids(self) -> tuple[str, str]:
        return self._compiled["people"].message_id_parts()

    def _why(self, session: Session, unmarked: Sequence[Claimed]) -> dict[int, str]:
        """Why the mark passed rows over: withdrawn, renewed or suppressed in the last second.

        Where the consent stands the lease ran out; such a row is in the queue again, or in other hands.
        """
        reasons = {}
        for row in unmarked:
            if suppression.reason_of(session, self._dispatch.channel, row.address_key) is not None:
                reasons[row.number] = "suppressed"
                continue
            key = PersonKey(row.person_kind, row.person_ref)
            held = state.of_person(session, key).get(self._dispatch.channel)
            shown = held[1] if held is not None else "never_asked"
            if shown != state.GRANTED:
                reasons[row.number] = {"ended": "channel_ended"}.get(shown, shown)
        return reasons


def _judged(outcome: Outcome, attempts: int) -> Settled:
    if isinstance(outcome, Accepted):
        return Settled("sent", provider_id=outcome.provider_id)
    if isinstance(outcome, Unknown):
        return Settled("unknown", outcome.reason[:255])
    return _refused(outcome, attempts)


def _refused(outcome: Rejected, attempts: int) -> Settled:
    if outcome.permanent and not outcome.about_us:
        return Settled("bounced", outcome.reason[:255])
    if attempts + 1 >= MOST_ATTEMPTS:
        return Settled("failed", outcome.reason[:255])
    return Settled("queued", outcome.reason[:255], not_before=clock.now() + FIRST_DELAY * 2**attempts)


def _control(shop_name: str) -> Person:
    return Person(PersonKey(CONTROL, ""), None, None, "", "", None, True, True, True, shop_name)
