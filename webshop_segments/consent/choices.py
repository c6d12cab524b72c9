"""What a person does with her consents: give, ask for, confirm, withdraw, object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..directory.addresses import Address
from ..directory.people import PersonKey
from ..errors import Refused
from ..i18n import _
from ..keys import Keys
from ..signals import after_commit, consent_confirmed
from . import ledger, state, suppression, tokens, versions
from .ledger import NOWHERE, Circumstances, Entry
from .models import ConsentRecord, ConsentState, ConsentVersion

REQUEST_LIFE = timedelta(days=7)
CODE_LIFE = timedelta(minutes=30)
CODE_TRIES = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """Which version the person saw, in which language, at which place of the shop."""

    version: ConsentVersion
    language: str
    source: str


def give(
    session: Session,
    person: PersonKey,
    channel: str,
    address: Address,
    shown: Shown,
    actor: Actor,
    where: Circumstances = NOWHERE,
) -> ConsentRecord | None:
    """Grant at once, for a person known to own the address; None when it is granted under this version already."""
    held = state.get(session, person, channel)
    if held is not None and _already(held, address, shown):
        return None
    suppression.lift(session, channel, address.key, confirmed=False)
    return ledger.record(session, _entry("granted", person, channel, address, shown, actor, where))


def request(
    session: Session,
    person: PersonKey,
    channel: str,
    address: Address,
    shown: Shown,
    actor: Actor,
    where: Circumstances = NOWHERE,
) -> ConsentRecord | None:
    """Ask for a consent that counts only once the address has confirmed it; None when it has agreed already.

    Anybody may type anybody's address: a request ends no consent that counts there, lifts no suppression (C16).
    """
    held, status = state.of_person(session, person).get(channel, (None, state.NONE))
    if held is not None and status == state.GRANTED and held.address_key == address.key:
        return None
    return ledger.record(session, _entry("requested", person, channel, address, shown, actor, where))


def confirm(
    session: Session, requested: ConsentRecord, actor: Actor, where: Circumstances = NOWHERE
) -> ConsentState | None:
    """The address has answered: what it was asked now counts (C11, C14). A second time changes nothing.

    :returns: the state, or None when the request is too old, was overtaken (withdrawn, erased, asked anew), or
        the shop no longer asks for the channel (C32).
    """
    evidence = requested.evidence
    if evidence is None or evidence.person_kind is None or evidence.person_ref is None:
        return None
    held = state.get(session, PersonKey(evidence.person_kind, evidence.person_ref), requested.channel)
    if held is None:
        return None
    if held.status == "granted" and held.address_key == evidence.address_key:
        return held
    if held.record_id != requested.id or requested.at < clock.now() - REQUEST_LIFE:
        return None
    if not versions.collects(session, held.channel):
        return None
    person = PersonKey(held.person_kind, held.person_ref)
    address = Address(evidence.address_seen or "", evidence.address or "", evidence.address_key or "")
    suppression.lift(session, held.channel, address.key, confirmed=True)
    ledger.record(
        session,
        Entry(
            person,
            "confirmed",
            held.channel,
            "confirmation",
            actor,
            address,
            requested.version,
            requested.language,
            where,
        ),
    )
    after_commit(
        session,
        consent_confirmed,
        person_kind=person.kind,
        person_ref=person.ref,
        channel=held.channel,
        address=address.seen,
    )
    return held


def confirm_code(
    session: Session,
    keys: Keys,
    person: PersonKey,
    channel: str,
    typed: str,
    actor: Actor,
    where: Circumstances = NOWHERE,
) -> None:
    """Take the code that was sent to a number.

    :raises Refused: for a wrong, old or too often guessed code; wrong guesses are counted (flushes).
    """
    held = state.get(session, person, channel)
    requested = session.get(ConsentRecord, held.record_id) if held is not None else None
    if held is None or requested is None or held.status != "pending":
        raise Refused(_("There is nothing to confirm any more."), field="code", status=409)
    if held.wrong_codes >= CODE_TRIES or requested.at < clock.now() - CODE_LIFE:
        raise Refused(_("This code is no longer valid. Ask for a new one."), field="code")
    if typed.strip().replace(" ", "") != tokens.code(keys, requested.id):
        held.wrong_codes += 1
        session.flush()
        raise Refused(_("That is not the code we sent. Please look again."), field="code")
    confirm(session, requested, actor, where)


def withdraw(
    session: Session,
    person: PersonKey,
    channel: str,
    source: str,
    actor: Actor,
    where: Circumstances = NOWHERE,
) -> bool:
    """End one person's consent on a channel, for the future (C42); False when there was none."""
    held = state.get(session, person, channel)
    if held is None or held.status not in ("granted", "pending"):
        return False
    ledger.record(session, ledger.following(held, "withdrawn", source, actor, where))
    return True


def withdraw_address(
    session: Session,
    channel: str,
    address_key: str,
    source: str,
    actor: Actor,
    where: Circumstances = NOWHERE,
    *,
    action: str = "withdrawn",
    reason: str = suppression.WITHDRAWN,
) -> int:
    """End the consent of everybody who has this address, and suppress it (E14); twice is fine.

    :returns: how many people's consent it ended.
    """
    states = session.scalars(state.hanging_on(channel, address_key)).all()
    held = [row for row in states if row.status in ("granted", "pending")]
    ledger.record_all(session, [ledger.following(row, action, source, actor, where) for row in held])
    suppression.suppress(session, channel, address_key, reason)
    return len(held)


def _already(held: ConsentState, address: Address, shown: Shown) -> bool:
    return held.status == "granted" and held.address_key == address.key and held.version_number == shown.version.number


def _entry(
    action: str,
    person: PersonKey,
    channel: str,
    address: Address,
    shown: Shown,
    actor: Actor,
    where: Circumstances,
) -> Entry:
    return Entry(person, action, channel, shown.source, actor, address, shown.version, shown.language, where)
