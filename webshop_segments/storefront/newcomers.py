"""Signing up: the address is asked to confirm, whoever it belongs to; known or unknown, the same is done (W28).

What one address costs is limited per address and day by :mod:`..consent.confirmation` (C12), and what one visitor
may start per hour here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..consent import boxes, choices, confirmation, ledger, state, submission, tokens, versions
from ..consent.boxes import Seen
from ..consent.choices import Shown
from ..consent.ledger import Circumstances, Entry
from ..consent.models import ConsentEvidence, ConsentRecord
from ..consent.tokens import Link
from ..db import savepoint
from ..directory import addresses, people
from ..directory.addresses import Address
from ..directory.models import Subscriber
from ..directory.people import Person
from ..errors import Refused
from ..i18n import _, in_language, language, render
from ..notices import queue
from ..plugin import Plugin
from .recording import subscriber

PLACE = "signup_form"
CODED = ("sms", "whatsapp")
"""Channels that are confirmed by a code."""
VISITOR = Actor("guest", "sign-up form", "Visitor")
PER_HOUR = 30
"""Sign-ups from one IP address; an office behind one address is no robot, a thousand addresses an hour are."""
CODES_PER_HOUR = 60
"""Codes by SMS the form may cause in the whole shop: each costs money, and there are rings that live of it."""
_NEWEST = 1000


def sign_up(wired: Plugin, form: Mapping[str, str], where: Circumstances) -> str:
    """Ask an address, and a number, to confirm (flushes).

    :returns: the token of the page that takes the codes, "" where none was asked for; it depends on what was typed
        and on nothing we know.
    :raises Refused: for a form that cannot be read, a missing or impossible address, no channel, too many from here.
    """
    shown = submission.read(wired.session, wired.keys, PLACE, form)
    if shown is None:
        raise Refused(_("This page was open for too long. Please open it again and tick the boxes anew."))
    channels = sorted(boxes.ticked(form))
    if not channels:
        raise Refused(_("Please choose at least one way to get our news."), field="channel")
    country = wired.settings.default_country
    email = addresses.address(wired.keys, "email", form.get("email", "").strip()[:500], country)
    numbers = {
        channel: addresses.address(wired.keys, channel, form.get("phone", "").strip()[:100], country)
        for channel in channels
        if channel != "email"
    }
    _slow_down(wired.session, where, codes=any(channel in numbers for channel in CODED))
    row = subscriber(wired.session, email.key, type="signup", email=email.normal, locale=shown.language)
    if "email" in channels:
        seen = addresses.address(wired.keys, "email", row.email, country)
        _ask(wired, people.of_subscriber(row), "email", seen, shown, where)
    for channel, number in _free(wired.session, row, numbers).items():
        row.phone = number.normal
        mobile = Address(number.normal, number.normal, number.key)
        _ask(wired, people.of_subscriber(row), channel, mobile, shown, where)
    codes = [channel for channel in CODED if channel in numbers]
    return tokens.newcomer_token(wired.keys, email.key, codes) if codes else ""


def newcomer(session: Session, email_key: str) -> Person | None:
    """Who signed up with an address."""
    row = session.scalar(select(Subscriber).where(Subscriber.email_key == email_key))
    return people.of_subscriber(row) if row is not None else None


def _ask(wired: Plugin, person: Person, channel: str, address: Address, seen: Seen, where: Circumstances) -> None:
    """Ask for the consent, or tell who gave it before; nobody is written to more often than C12 allows.

    The same is done for everybody, and taken back where it must not stand: a stopwatch learns nothing.
    """
    session = wired.session
    if not versions.collects(session, channel):
        raise Refused(_("We no longer ask for this kind of message; nothing was saved for it."))
    enough, shown = confirmation.had_enough(session, address.key), Shown(seen.version, seen.language, PLACE)
    with _taken_back(session) if enough else savepoint(session):
        requested = choices.request(session, person.key, channel, address, shown, VISITOR, where)
        if requested is not None:
            confirmation.ask(session, wired.keys, wired.settings, requested, person)
            return
        with _taken_back(session):
            again = (person.key, "requested", channel, PLACE, VISITOR, address, seen.version, seen.language, where)
            ledger.record(session, Entry(*again))
        if channel == "email":
            _tell(wired, person, address, seen)


@contextmanager
def _taken_back(session: Session) -> Iterator[None]:
    with suppress(_TakenBackError), savepoint(session):
        yield
        raise _TakenBackError


class _TakenBackError(Exception):
    """Ends a savepoint that is rolled back."""


def _tell(wired: Plugin, person: Person, address: Address, seen: Seen) -> None:
    """Who has agreed already is told so, by mail only: the page says the same to everybody."""
    token = tokens.unsubscribe_token(wired.keys, Link(person.key, "email", address.key))
    with in_language(seen.language, wired.settings.default_locale):
        subject = _("You already get our news: %(shop)s", shop=wired.settings.shop_name)
        content = {
            "subject": subject,
            "language": language(),
            "shop_name": wired.settings.shop_name,
            "imprint": wired.settings.imprint,
            "name": person.first_name,
            "url": f"{wired.settings.public_url}{wired.settings.url_prefix}/u/{token}",
        }
        queue.queue(
            wired.session,
            confirmation.KIND,
            "email",
            address.normal,
            address.key,
            subject=subject,
            text=render("email/already/body.txt", **content),
            html=render("email/already/body.html", **content),
        )


def _free(session: Session, row: Subscriber, numbers: Mapping[str, Address]) -> Mapping[str, Address]:
    """Nobody's consent at another number ends because somebody typed her e-mail address with a number (C16)."""
    held = state.of_person(session, people.of_subscriber(row).key)
    taken = any(
        other.status == state.GRANTED and other.address != number.normal
        for number in numbers.values()
        for channel, (other, _status) in held.items()
        if channel != "email"
    )
    return {} if taken else numbers


def _slow_down(session: Session, where: Circumstances, *, codes: bool) -> None:
    """:raises Refused: (429) with a sentence that says nothing about any address."""
    newest = select(ConsentRecord.id).order_by(ConsentRecord.id.desc()).limit(_NEWEST).scalar_subquery()
    asked = (
        select(func.count())
        .select_from(ConsentRecord)
        .join(ConsentEvidence)
        .where(
            ConsentRecord.id.in_(newest),
            ConsentRecord.source == PLACE,
            ConsentRecord.at > clock.now() - timedelta(hours=1),
        )
    )
    from_here = session.scalar(asked.where(ConsentEvidence.ip == where.ip)) or 0
    if where.ip is not None and from_here >= PER_HOUR:
        raise Refused(_("There were many sign-ups from your connection. Please try again in an hour."), status=429)
    if codes and (session.scalar(asked.where(ConsentRecord.channel != "email")) or 0) >= CODES_PER_HOUR:
        raise Refused(_("We cannot send codes to phones at the moment. Please try again in an hour."), status=429)
