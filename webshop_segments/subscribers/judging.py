"""What would become of candidates: taken with proof, asked first, changed, nothing new, or refused and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..consent import state, versions
from ..consent.models import ConsentState, ConsentVersion, Suppression
from ..directory.models import Subscriber
from ..directory.people import SUBSCRIBER
from ..plugin import Plugin
from . import kinship
from .candidates import Candidate

GRANTED = "granted"
PENDING = "pending"
CHANGED = "changed"
SAME = "same"
REFUSED = "refused"
VERDICTS = (GRANTED, PENDING, CHANGED, SAME, REFUSED)
TAKEN = (CHANGED, GRANTED, PENDING)
"""What accepting carries out."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict; ``grants`` and ``asks`` are the channels whose consent is recorded or asked for."""

    verdict: str
    reason: str = ""
    about: str = ""
    grants: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Known:
    """What the database says about a batch."""

    accounts: Collection[str]
    blocked: Collection[tuple[str, str]]
    withdrawn: Collection[tuple[str, str]]
    subscribers: Mapping[str, Subscriber]
    consents: dict[tuple[str, str], tuple[ConsentState, str]] = field(default_factory=dict)


class Judge:
    """Judges batches against one set of published versions."""

    def __init__(self, session: Session, plugin: Plugin) -> None:
        self._session, self._plugin = session, plugin
        self._versions: dict[int, ConsentVersion] = {row.number: row for row in versions.all_versions(session)}
        self.current = versions.current(session)

    def version(self, number: int | None) -> ConsentVersion | None:
        """A published version."""
        return self._versions.get(number or 0)

    def judge(self, candidates: Sequence[Candidate]) -> list[Judgement]:
        """One judgement each, in about seven statements whatever their number."""
        known = self._look_up(candidates)
        return [self._one(candidate, known) for candidate in candidates]

    def _one(self, candidate: Candidate, known: _Known) -> Judgement:
        if candidate.key in known.accounts:
            return Judgement(REFUSED, "account")
        for channel, key in {**candidate.address_keys(), "email": candidate.key}.items():
            if (channel, key) in known.withdrawn:
                return Judgement(REFUSED, "withdrawn", channel)
            if (channel, key) in known.blocked:
                return Judgement(REFUSED, "suppressed", channel)
        fault = self._proof_fault(candidate)
        if fault:
            return fault
        row = known.subscribers.get(candidate.key)
        consents = known.consents if row is not None else {}
        ref = str(row.id) if row is not None else ""
        grants = tuple(name for name in candidate.channels if self._new(candidate, name, consents.get((ref, name))))
        asks: tuple[str, ...] = ()
        if not candidate.proven:
            held = consents.get((ref, "email"))
            unasked = held is None or held[1] not in (state.GRANTED, state.PENDING)
            grants, asks = (), ("email",) if unasked else ()
        note = "proof_incomplete" if asks and candidate.proof_begun else ""
        if row is None:
            return Judgement(GRANTED if grants else PENDING, note, "", grants, asks)
        if grants or asks or _differs(candidate, row):
            return Judgement(CHANGED, note, "", grants, asks)
        return Judgement(SAME)

    def _proof_fault(self, candidate: Candidate) -> Judgement | None:
        if self.current is None:
            return Judgement(REFUSED, "no_version")
        version = self.version(candidate.version)
        if candidate.version is not None and version is None:
            return Judgement(REFUSED, "version", str(candidate.version))
        if not candidate.proven and set(candidate.channels) != {"email"}:
            return Judgement(REFUSED, "only_email", next(name for name in candidate.channels if name != "email"))
        for channel in candidate.channels:
            if channel not in self.current.channels:
                return Judgement(REFUSED, "not_collected", channel)
            if candidate.proven and version is not None and channel not in version.channels:
                return Judgement(REFUSED, "not_in_version", channel)
        return None

    def _new(self, candidate: Candidate, channel: str, held: tuple[ConsentState, str] | None) -> bool:
        """Whether a proven consent says more than what is held."""
        if held is None or held[0].status != state.GRANTED:
            return True
        if held[0].address_key != candidate.address_keys()[channel]:
            return True
        return (held[0].version_number or 0) < (candidate.version or 0)

    def _look_up(self, candidates: Sequence[Candidate]) -> _Known:
        session = self._session
        emails = {candidate.key: candidate.email for candidate in candidates}
        wanted = {*emails, *(key for candidate in candidates for key in candidate.phone_keys.values())}
        blocked = session.execute(
            select(Suppression.channel, Suppression.address_key).where(Suppression.address_key.in_(wanted))
        )
        withdrawn = session.execute(
            select(ConsentState.channel, ConsentState.address_key).where(
                ConsentState.channel.in_(("email", "sms", "whatsapp")),
                ConsentState.address_key.in_(wanted),
                ConsentState.status == state.WITHDRAWN,
            )
        )
        rows = session.scalars(
            select(Subscriber).where(Subscriber.email_key.in_(emails)).execution_options(populate_existing=True)
        )
        known = _Known(
            accounts=kinship.accounts_at(session, self._plugin, list(emails.values())),
            blocked={(channel, key) for channel, key in blocked},
            withdrawn={(channel, str(key)) for channel, key in withdrawn},
            subscribers={str(row.email_key): row for row in rows},
        )
        refs = [str(row.id) for row in known.subscribers.values()]
        held = session.execute(
            select(ConsentState, state.status())
            .where(ConsentState.person_kind == SUBSCRIBER, ConsentState.person_ref.in_(refs))
            .execution_options(populate_existing=True)
        )
        known.consents = {(row.person_ref, row.channel): (row, status) for row, status in held}
        return known


def _differs(candidate: Candidate, row: Subscriber) -> bool:
    return any(value and getattr(row, name) != value for name, value in details(candidate).items())


def details(candidate: Candidate) -> dict[str, str | None]:
    """What a candidate says about the person apart from the address; empty says nothing."""
    return {name: getattr(candidate, name) for name in ("first_name", "last_name", "phone", "locale")}
