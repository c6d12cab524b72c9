"""A look through the shop's data for what would go wrong later: refs, languages, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, SelectBase, func, select
from sqlalchemy.orm import Session

from ..errors import Refused
from ..shop import CONTACT, PARTNER, Shop, facts
from .addresses import normalise


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence; ``serious`` when something cannot work until it is mended."""

    sentence: str
    serious: bool


def findings(session: Session, shop: Shop) -> list[Finding]:
    """Everything worth telling, serious things first."""
    contacts, partners = shop.contacts().subquery("c"), shop.partners().subquery("p")
    found = [
        *_repeated(session, "partners()", shop.partners(), ["partner_ref"]),
        *_repeated(session, "contacts()", shop.contacts(), ["contact_ref", "partner_ref"]),
        *_empty(session, "contacts()", contacts.c.contact_ref),
        *_empty(session, "contacts()", contacts.c.partner_ref),
    ]
    orphans = session.scalar(
        select(func.count()).select_from(contacts).where(contacts.c.partner_ref.not_in(select(partners.c.partner_ref)))
    )
    if orphans:
        found.append(Finding(f"{orphans} contacts have a partner_ref that partners() does not know.", True))
    people = session.scalar(select(func.count()).select_from(contacts)) or 0
    companies = session.scalar(select(func.count()).select_from(partners)) or 0
    found.append(Finding(f"{people} contacts of {companies} partners.", False))
    found += _addresses(session, contacts.c.email)
    found += _languages(session, shop)
    extra = facts(shop.contacts(), CONTACT) + [f"partner.{name}" for name in facts(shop.partners(), PARTNER)]
    found.append(Finding(f"Facts offered as variables: {', '.join(extra) or 'none'}.", False))
    return sorted(found, key=lambda finding: not finding.serious)


def _repeated(session: Session, method: str, answer: SelectBase, names: list[str]) -> list[Finding]:
    rows = answer.subquery("r")
    key = [rows.c[name] for name in names]
    repeated = select(*key).group_by(*key).having(func.count() > 1).subquery("repeated")
    count = session.scalar(select(func.count()).select_from(repeated))
    if not count:
        return []
    return [Finding(f"{method}: {count} values of ({', '.join(names)}) occur more than once.", True)]


def _empty(session: Session, method: str, column: ColumnElement[Any]) -> list[Finding]:
    count = session.scalar(select(func.count()).where(column.is_(None)))
    return [Finding(f"{method}: {count} rows have no {column.key}.", True)] if count else []


def _addresses(session: Session, email: ColumnElement[Any]) -> list[Finding]:
    without = session.scalar(select(func.count()).where(func.coalesce(func.trim(email), "") == "")) or 0
    wrong = 0
    for seen in session.scalars(select(email).where(func.trim(email) != "").distinct()).yield_per(1000):
        try:
            normalise("email", seen, "")
        except Refused:
            wrong += 1
    distinct = select(func.lower(email)).where(func.trim(email) != "").group_by(func.lower(email))
    shared = session.scalar(select(func.count()).select_from(distinct.having(func.count() > 1).subquery())) or 0
    return [
        Finding(
            f"E-mail: {without} contacts without, {wrong} addresses cannot be written to, {shared} are shared.", False
        )
    ]


def _languages(session: Session, shop: Shop) -> list[Finding]:
    contacts = shop.contacts().subquery("c")
    if "locale" not in contacts.c:
        return [Finding("contacts() has no locale: a newsletter's language leaves nobody out.", False)]
    found = session.scalars(select(contacts.c.locale).where(contacts.c.locale.is_not(None)).distinct())
    return [Finding(f"Languages: {', '.join(sorted(found)) or 'none given'}.", False)]
