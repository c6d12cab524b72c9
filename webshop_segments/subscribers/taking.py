"""One row of an accepted import carried out: the subscriber, and the consent with its proof or the question for it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..access import Actor
from ..consent import choices, confirmation, ledger
from ..consent.choices import Shown
from ..consent.ledger import Circumstances, Entry
from ..consent.models import ConsentVersion
from ..consent.versions import text_in
from ..db import insert_new
from ..directory.addresses import ADDRESS_COLUMN, address
from ..directory.models import Subscriber
from ..directory.people import Person, of_subscriber
from ..plugin import Plugin
from .candidates import Candidate
from .judging import REFUSED, SAME, Judge, Judgement, details
from .models import Import


def take(
    session: Session, plugin: Plugin, judge: Judge, row: Import, candidate: Candidate, judged: Judgement, by: Actor
) -> Judgement:
    """Carry a judgement out (flushes); returns what became of it.

    A consent with proof is recorded as granted, now, with the claimed time and source as its evidence (C27); no
    block is lifted by it (C49). Without proof the address is asked.
    """
    if judged.verdict in (REFUSED, SAME):
        return judged
    if judged.asks and confirmation.had_enough(session, candidate.key):
        return Judgement(REFUSED, "asked_often")
    subscriber = _subscriber(session, candidate)
    for name, value in details(candidate).items():
        if value:
            setattr(subscriber, name, value)
    session.flush()
    person = of_subscriber(subscriber)
    where = Circumstances(form=_evidence(row, candidate))
    entries = [_granted(plugin, judge, person, name, candidate, by, where) for name in judged.grants]
    if entries:
        ledger.record_all(session, entries)
    for channel in judged.asks:
        version = judge.current
        assert version is not None
        shown = Shown(version, _language(plugin, version, candidate), "import")
        to = address(plugin.keys, channel, subscriber.email, plugin.settings.default_country)
        requested = choices.request(session, person.key, channel, to, shown, by, where)
        if requested is not None:
            confirmation.ask(session, plugin.keys, plugin.settings, requested, person)
    return judged


def _subscriber(session: Session, candidate: Candidate) -> Subscriber:
    values = {
        "type": "import",
        "email": candidate.email,
        "email_key": candidate.key,
        "phone": candidate.phone,
        "first_name": candidate.first_name,
        "last_name": candidate.last_name,
        "locale": candidate.locale,
        "is_active": True,
    }
    insert_new(session, Subscriber, [values])
    return session.scalars(select(Subscriber).where(Subscriber.email_key == candidate.key)).one()


def _granted(
    plugin: Plugin, judge: Judge, person: Person, channel: str, candidate: Candidate, by: Actor, where: Circumstances
) -> Entry:
    version = judge.version(candidate.version)
    assert version is not None
    seen = person.seen(ADDRESS_COLUMN[channel])
    to = address(plugin.keys, channel, seen, plugin.settings.default_country)
    language = _language(plugin, version, candidate)
    return Entry(person.key, "granted", channel, "import", by, to, version, language, where)


def _language(plugin: Plugin, version: ConsentVersion, candidate: Candidate) -> str:
    """The language of the text the person is taken to have seen, of those the version has."""
    wanted = (candidate.locale or plugin.settings.default_locale)[:2]
    return text_in(version, wanted, plugin.settings.default_locale).language


def _evidence(row: Import, candidate: Candidate) -> str:
    """Where the consent came from, for whoever asks for the proof."""
    claimed = ", ".join(filter(None, (candidate.time, candidate.source)))
    return f"import {row.id}, line {candidate.line}: {claimed or 'without proof'}"
