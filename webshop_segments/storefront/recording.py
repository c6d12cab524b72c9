"""Recording what was ticked, and forgetting whom the shop deletes.

``record`` joins the transaction the shop has open, inside a savepoint: a fault of ours never loses an order.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..access import Actor, client_address, customer
from ..consent import boxes, choices, submission, versions
from ..consent.choices import Shown
from ..consent.ledger import Circumstances
from ..consent.submission import Taken
from ..db import insert_new, savepoint
from ..directory import addresses, people
from ..directory.models import Subscriber
from ..directory.people import Person
from ..errors import Refused
from ..i18n import _, in_language
from ..newsletter import forgetting
from ..plugin import Plugin, plugin

log = logging.getLogger(__name__)

SYSTEM = Actor("system", "shop", "Shop")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who orders without an account."""

    email: str
    first_name: str = ""
    last_name: str = ""
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to tell the customer.

    :param saved: False when a fault of ours, or a form that could not be read, kept the choice from being saved.
    :param message: a sentence for the customer, None where nothing needs saying.
    """

    saved: bool
    message: str | None


def record(
    place: str,
    *,
    contact_ref: object | None = None,
    guest: Guest | None = None,
    form: Mapping[str, str] | None = None,
) -> Outcome:
    """Record what a form says about consents (flushes; the shop commits).

    Call it after the customer or order is flushed. No fault of ours reaches the shop.

    :param place: ``registration``, ``checkout``, ``guest_checkout`` or ``profile``; a checkout without
        ``contact_ref`` is a guest's (W22, W23).
    :param form: the posted fields where they are not ``request.form``.
    """
    wired = plugin()
    wired.session.flush()  # a fault in the shop's own rows is the shop's to see
    try:
        _begin_as_writer(wired.session)
        with savepoint(wired.session):
            wired.check_stamp()
            # Whoever has no account is a guest, whatever the place is called (W23).
            place = boxes.place_of(place, logged_in=True) if contact_ref is not None else "guest_checkout"
            person = _person(wired, contact_ref, guest)
            who = customer(person.key.ref) if contact_ref is not None else Actor("guest", person.key.ref, "Guest")
            posted = request.form if form is None else form
            taken = submission.take(
                wired.session, wired.keys, wired.settings, place, person, posted, who, circumstances()
            )
    except Refused as refusal:
        return Outcome(False, str(refusal))
    except Exception:
        log.exception("consents of %s were not saved", place)
        return Outcome(False, _("Your choice about news was not saved. You can make it again in your profile."))
    return Outcome(True, _sentence(taken))


def give_sample(contact_ref: object, channels: list[str]) -> None:
    """Grant consents to a person of a sample shop, through the code the profile page uses; source ``sample``.

    :raises Refused: for a channel the current version does not ask for, or an address that cannot be used.
    """
    wired = plugin()
    version = versions.current(wired.session)
    person = _person(wired, contact_ref, None)
    # A sample shop is filled outside any request, which a host's locale_selector may ask.
    with in_language(None, wired.settings.default_locale):
        for channel in channels:
            if version is None or channel not in version.channels:
                raise Refused(_("The current consent does not ask for %(channel)s.", channel=channel))
            seen = person.seen(addresses.ADDRESS_COLUMN[channel])
            address = addresses.address(wired.keys, channel, seen, wired.settings.default_country)
            shown = Shown(version, wired.settings.default_locale, "sample")
            choices.give(wired.session, person.key, channel, address, shown, customer(person.key.ref))


def forget(*, contact_ref: object | None = None, partner_ref: object | None = None) -> None:
    """The shop deletes a customer or partner (flushes): call it in the same transaction."""
    session = plugin().session
    if contact_ref is not None:
        forgetting.forget_contact(session, str(contact_ref), SYSTEM)
    if partner_ref is not None:
        forgetting.forget_partner(session, str(partner_ref))


def circumstances() -> Circumstances:
    """Where the current request comes from."""
    return Circumstances(client_address(), request.user_agent.string or None, request.path)


def _begin_as_writer(session: Session) -> None:
    """On SQLite a transaction that began by reading is refused its first write once somebody else has written."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        dbapi_connection: Any = connection.connection.dbapi_connection
        if not dbapi_connection.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _person(wired: Plugin, contact_ref: object | None, guest: Guest | None) -> Person:
    if contact_ref is not None:
        key = people.contact_key(wired.shop, str(contact_ref))
        found = people.get(wired.session, wired.shop, key)
        if found is None:
            raise Refused(_("Your account was not found."), status=404)
        return found
    if guest is None:
        raise ValueError("record() needs contact_ref= or guest=")
    address = addresses.address(wired.keys, "email", guest.email, wired.settings.default_country)
    return people.of_subscriber(
        subscriber(
            wired.session,
            address.key,
            type="guest_order",
            email=guest.email.strip(),
            first_name=guest.first_name[:120],
            last_name=guest.last_name[:120],
            locale=guest.locale,
        )
    )


def subscriber(session: Session, email_key: str, **values: str | None) -> Subscriber:
    """The subscriber with an e-mail address, made where there is none (flushes); a known one stays as she is."""
    row = {"email_key": email_key, "phone": None, "first_name": "", "last_name": "", "is_active": True} | values
    insert_new(session, Subscriber, [row])
    return session.scalars(select(Subscriber).where(Subscriber.email_key == email_key)).one()


def _sentence(taken: Taken) -> str | None:
    sentences = list(taken.problems)
    if "email" in taken.requested:
        sentences.append(_("We have sent you an e-mail. Please confirm with the link in it."))
    if {"sms", "whatsapp"} & set(taken.requested):
        sentences.append(_("We have sent a code to your phone. Enter it in your profile."))
    return " ".join(sentences) or None
