"""One person in several rows: an address we knew without account, and the account that came later (W30)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..consent.models import ConsentState
from ..directory.addresses import address, normalise
from ..directory.models import Subscriber
from ..directory.people import CONTACT, SUBSCRIBER, Person, PersonKey, contact_rows
from ..errors import Refused
from ..plugin import Plugin
from ..refs import text_of


def accounts_at(session: Session, plugin: Plugin, emails: Collection[str]) -> dict[str, PersonKey]:
    """Per e-mail address the account that has it, however the shop writes it; three statements at most.

    :returns: by address_key; addresses nobody has an account with are missing.
    """
    wanted = {key: email for email in emails if (key := email_key(plugin, email))}
    found = _who_agreed(session, wanted)
    found |= _in_the_shop(session, plugin, [email for key, email in wanted.items() if key not in found])
    return found


def email_key(plugin: Plugin, email: str | None) -> str | None:
    """The address_key of an e-mail address, None for what is none."""
    with suppress(Refused):
        return address(plugin.keys, "email", email, plugin.settings.default_country).key
    return None


def relatives(session: Session, plugin: Plugin, people: Iterable[Person]) -> Mapping[PersonKey, list[PersonKey]]:
    """Per person the others she is: the account of a subscriber, the subscribers of an account."""
    shown = {person.key: key for person in people if (key := email_key(plugin, person.email))}
    accounts = _who_agreed(session, [key for person, key in shown.items() if person.kind == SUBSCRIBER])
    ours = _subscribers(session, [key for person, key in shown.items() if person.kind == CONTACT])
    missing = {person for person, key in shown.items() if person.kind == SUBSCRIBER and key not in accounts}
    emails = [person.email or "" for person in people if person.key in missing]
    accounts |= _in_the_shop(session, plugin, emails)
    found: defaultdict[PersonKey, list[PersonKey]] = defaultdict(list)
    for person, key in shown.items():
        other = (accounts if person.kind == SUBSCRIBER else ours).get(key)
        if other is not None:
            found[person].append(other)
    return found


def _who_agreed(session: Session, email_keys: Collection[str]) -> dict[str, PersonKey]:
    rows = session.execute(
        select(ConsentState.address_key, ConsentState.person_ref).where(
            ConsentState.channel == "email",
            ConsentState.address_key.in_(email_keys),
            ConsentState.person_kind == CONTACT,
        )
    )
    return {str(key): PersonKey(CONTACT, ref) for key, ref in rows}


def _subscribers(session: Session, email_keys: Collection[str]) -> dict[str, PersonKey]:
    rows = session.execute(select(Subscriber.email_key, Subscriber.id).where(Subscriber.email_key.in_(email_keys)))
    return {str(key): PersonKey(SUBSCRIBER, str(number)) for key, number in rows}


def _in_the_shop(session: Session, plugin: Plugin, emails: Collection[str]) -> dict[str, PersonKey]:
    if not emails:
        return {}
    rows = contact_rows(plugin.shop).subquery("contact_rows")
    written = {spelling for email in emails for spelling in _spellings(email)}
    # The shop may write "Ada@Example.com"; its own index on the address is of no use then.
    query = select(rows.c.contact_ref, rows.c.email).where(func.lower(func.trim(rows.c.email)).in_(written))
    found = {}
    for ref, email in session.execute(query):
        key = email_key(plugin, email)
        if key is not None:
            found[key] = PersonKey(CONTACT, text_of(ref))
    return found


def _spellings(email: str) -> set[str]:
    """An address in small letters, its domain as typed and in ASCII."""
    return {email.strip().lower(), normalise("email", email, "").lower()}
