"""The search for people by name, e-mail, phone or company, those who never agreed included, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, func, or_, select
from sqlalchemy.orm import Session

from ..consent.models import ConsentState
from ..directory.addresses import CHANNELS, normalise
from ..directory.models import Subscriber
from ..directory.partners import search_words
from ..directory.people import CONTACT, SUBSCRIBER, PersonKey, contact_rows
from ..errors import Refused
from ..keys import Keys
from ..refs import keys_of, ref_of, text_of
from ..shop import Shop
from .listing import ACCOUNT, PAGE, Page, Wanted, narrows

_NUMBER = re.compile(r"\+?[\d\s()/.-]{4,}")
_BETWEEN_DIGITS = " -/()."


def page(session: Session, shop: Shop, typed: str, wanted: Wanted, after: str = "", size: int = PAGE) -> Page:
    """Accounts in the order of the shop's numbers, then our subscribers.

    :param after: what the page before gave: kind and ref of its last person.
    :raises Refused: for more words than anybody types.
    """
    kind, _colon, ref = after.partition(":")
    words = _words(typed)
    found: list[PersonKey] = []
    if kind != SUBSCRIBER and wanted.type in ("", ACCOUNT):
        found += _contacts(session, shop, words, wanted, ref, size + 1)
    if len(found) <= size and wanted.type != ACCOUNT:
        last = ref if kind == SUBSCRIBER else ""
        found += _subscribers(session, words, wanted, last, size + 1 - len(found))
    last_key = found[size - 1] if len(found) > size else None
    return Page(found[:size], f"{last_key.kind}:{last_key.ref}" if last_key else None)


def everyone(
    session: Session, shop: Shop, typed: str, wanted: Wanted, size: int = 500
) -> Iterator[Sequence[PersonKey]]:
    """All who are found, a page at a time."""
    after: str | None = ""
    while after is not None:
        some = page(session, shop, typed, wanted, after, size)
        yield some.people
        after = some.next


def holders(session: Session, keys: Keys, typed: str, country: str) -> Sequence[PersonKey]:
    """Who has a record on exactly the address or number typed, however it is written in the shop."""
    wanted = []
    for channel in CHANNELS:
        try:
            wanted.append(keys.address_key(channel, normalise(channel, typed, country)))
        except Refused:
            continue
    if not wanted:
        return []
    rows = session.execute(
        select(ConsentState.person_kind, ConsentState.person_ref)
        .where(ConsentState.channel.in_(CHANNELS), ConsentState.address_key.in_(wanted))
        .distinct()
        .order_by(ConsentState.person_kind, ConsentState.person_ref)
        .limit(PAGE)
    )
    return [PersonKey(kind, ref) for kind, ref in rows]


def _words(typed: str) -> list[str]:
    """A phone number is one word, without what people put between its digits and without its leading zero."""
    words = search_words(typed)
    number = " ".join(words)
    return [_bare(number)] if _NUMBER.fullmatch(number) and _bare(number) else words


def _bare(number: str) -> str:
    return re.sub(r"\D", "", number).lstrip("0")


def _contacts(
    session: Session, shop: Shop, words: Sequence[str], wanted: Wanted, after: str, size: int
) -> list[PersonKey]:
    rows = contact_rows(shop).subquery("contact_rows")
    texts = [rows.c[name] for name in ("email", "first_name", "last_name", "partner.name") if name in rows.c]
    query = select(rows.c.contact_ref).where(*_hold(texts, rows.c.phone, words))
    for last in keys_of(rows.c.contact_ref.type, [after] if after else []):
        query = query.where(rows.c.contact_ref > last)
    query = query.where(_asked(CONTACT, ref_of(rows.c.contact_ref), wanted))
    # A login in several firms is several rows.
    query = query.distinct().order_by(rows.c.contact_ref).limit(size)
    return [PersonKey(CONTACT, text_of(ref)) for ref in session.scalars(query)]


def _subscribers(session: Session, words: Sequence[str], wanted: Wanted, after: str, size: int) -> list[PersonKey]:
    texts: list[SQLColumnExpression[Any]] = [Subscriber.email, Subscriber.first_name, Subscriber.last_name]
    query = select(Subscriber.id).where(*_hold(texts, Subscriber.phone, words))
    for last in keys_of(Subscriber.__table__.c.id.type, [after] if after else []):
        query = query.where(Subscriber.id > last)
    if wanted.type:
        query = query.where(Subscriber.type == wanted.type)
    query = query.where(_asked(SUBSCRIBER, ref_of(Subscriber.__table__.c.id), wanted))
    return [PersonKey(SUBSCRIBER, str(number)) for number in session.scalars(query.order_by(Subscriber.id).limit(size))]


def _asked(kind: str, ref: ColumnElement[str], wanted: Wanted) -> ColumnElement[bool]:
    if not (wanted.channel or wanted.status):
        return ref.is_not(None)
    return exists().where(
        ConsentState.person_kind == kind, ConsentState.person_ref == ref, narrows(ConsentState, wanted)
    )


def _hold(
    texts: Sequence[SQLColumnExpression[Any]], phone: SQLColumnExpression[Any], words: Sequence[str]
) -> list[ColumnElement[bool]]:
    """Each word stands in one of the texts or in the phone number."""
    digits: SQLColumnExpression[Any] = phone
    for sign in _BETWEEN_DIGITS:
        digits = func.replace(digits, sign, "")
    found = []
    for word in words:
        # SQLite knows upper and lower case of ASCII letters only.
        spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
        hits = [text.ilike(_pattern(one), escape="\\") for text in texts for one in sorted(spellings)]
        bare = _bare(word)
        if bare and _NUMBER.fullmatch(word):
            hits.append(digits.like(f"%{bare}%"))
        found.append(or_(*hits))
    return found


def _pattern(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
