"""What a shop developer calls from the shop's own pages: the boxes, and recording what was ticked.

``record`` joins the transaction the shop has open, inside a savepoint: a fault of ours never loses an order.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import render_template, request
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from .access import Actor, client_address, customer
from .consent import boxes, choices, submission, versions
from .consent.choices import Shown
from .consent.ledger import Circumstances
from .consent.submission import Taken
from .db import insert_new, savepoint
from .directory import addresses, people
from .directory.models import Subscriber
from .directory.people import Person
from .errors import ConfigurationError, Refused
from .i18n import _, in_language, language, template_names
from .newsletter import forgetting
from .plugin import Plugin, plugin

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


def consent_fields(place: str, *, contact_ref: object | None = None) -> Markup:
    """The consent boxes for a place of the shop, to stand inside the shop's own form; empty before version 1.

    :param place: ``registration``, ``checkout``, ``guest_checkout`` or ``profile``.
    :param contact_ref: the customer's key where she is logged in.
    """
    wired = plugin()
    person = people.contact_key(wired.shop, str(contact_ref)) if contact_ref is not None else None
    wired.session.flush()  # a fault in the shop's own rows is the shop's to see
    try:
        with savepoint(wired.session):
            wired.check_stamp()
            offer = boxes.offered(wired.session, wired.keys, place, person, language(), wired.settings.default_locale)
    except (SQLAlchemyError, ConfigurationError):
        log.exception("the consent boxes of %s are not shown", place)
        return Markup("")
    if offer is None:
        return Markup("")
    names = template_names()
    if place == "profile" and person is not None:
        names["code_token"] = wired.keys.sign("code form", f"{person.kind}:{person.ref}".encode())
    return Markup(render_template("webshop_segments/storefront/consent_fields.html", offer=offer, **names))


def record(place: str, *, contact_ref: object | None = None, guest: Guest | None = None) -> Outcome:
    """Record what the current request's form says about consents (flushes; the shop commits).

    Call it after the customer or order is flushed. No fault of ours reaches the shop.
    """
    wired = plugin()
    wired.session.flush()  # a fault in the shop's own rows is the shop's to see
    try:
        with savepoint(wired.session):
            wired.check_stamp()
            person = _person(wired, contact_ref, guest)
            who = customer(person.key.ref) if contact_ref is not None else Actor("guest", person.key.ref, "Guest")
            taken = submission.take(
                wired.session, wired.keys, wired.settings, place, person, request.form, who, circumstances()
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


def _person(wired: Plugin, contact_ref: object | None, guest: Guest | None) -> Person:
    if contact_ref is not None:
        key = people.contact_key(wired.shop, str(contact_ref))
        found = people.get(wired.session, wired.shop, key)
        if found is None:
            raise Refused(_("Your account was not found."), status=404)
        return found
    if guest is None:
        raise ValueError("record() needs contact_ref= or guest=")
    return people.of_subscriber(_subscriber(wired.session, wired, guest))


def _subscriber(session: Session, wired: Plugin, guest: Guest) -> Subscriber:
    address = addresses.address(wired.keys, "email", guest.email, wired.settings.default_country)
    values = {
        "type": "guest_order",
        "email": guest.email.strip(),
        "email_key": address.key,
        "phone": None,
        "first_name": guest.first_name[:120],
        "last_name": guest.last_name[:120],
        "locale": guest.locale,
        "is_active": True,
    }
    insert_new(session, Subscriber, [values])
    return session.scalars(select(Subscriber).where(Subscriber.email_key == address.key)).one()


def _sentence(taken: Taken) -> str | None:
    sentences = list(taken.problems)
    if "email" in taken.requested:
        sentences.append(_("We have sent you an e-mail. Please confirm with the link in it."))
    if {"sms", "whatsapp"} & set(taken.requested):
        sentences.append(_("We have sent a code to your phone. Enter it in your profile."))
    return " ".join(sentences) or None
