"""Who gets a newsletter on a channel, and why not the rest: one SELECT over the shop, the ledger's state and segments.

Every person chosen is one row with a reason or none. The host's tables are read where they stand; joins go by the
host's own keys, so that a segment of ten asks for ten primary keys and an audience of a million reads each table once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.functions import FunctionElement

from ..consent import state
from ..consent.models import ConsentState, Suppression
from ..directory.addresses import ADDRESS_COLUMN
from ..directory.models import Subscriber
from ..directory.partners import in_shop
from ..directory.people import CONTACT, SUBSCRIBER, contact_rows
from ..refs import ref_of
from ..shop import Shop
from . import exclusion
from .models import SegmentMember

REASONS = (
    "sent_before",
    "not_in_shop",
    "inactive",
    "no_address",
    "invalid_address",
    "never_asked",
    "pending",
    "withdrawn",
    "needs_renewal",
    "channel_ended",
    "bounced",
    "complained",
    "suppressed",
    "address_changed",
    "other_language",
    "excluded_segment",
    "duplicate",
)
"""In the order they are asked: whoever has several is counted under the first."""

_GETS_IT = 0
_RANKS = {reason: rank for rank, reason in enumerate(REASONS, 1)}
"""Numbers in place of names: a million rows are sorted and grouped by them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What an administrator chose: a channel, everybody or some segments, but not others, perhaps a language.

    ``segment_ids`` empty and ``everybody`` false is an empty choice: nobody (W43). Whom choosing an excluded segment
    would reach is left out, and whoever shares an address with one of them (W51).

    :param served: a SELECT of kind, ref and address_key of those who got it before.
    """

    channel: str
    everybody: bool
    segment_ids: tuple[int, ...] = ()
    language: str | None = None
    excluded_ids: tuple[int, ...] = ()
    served: Select[Any] | None = field(default=None, compare=False)


class bytewise(FunctionElement[str]):
    """A text column as a key to sort by: PostgreSQL's linguistic collations compare many times slower than bytes."""

    type = String()
    inherit_cache = True
    name = "bytewise"


@compiles(bytewise)
def _as_it_is(element: bytewise, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(bytewise, "postgresql")
def _collate_c(element: bytewise, compiler: Any, **kw: Any) -> str:
    return f'{compiler.process(element.clauses, **kw)} COLLATE "C"'


def people(shop: Shop, choice: Choice) -> Select[Any]:
    """Every chosen person once: kind, ref, address, address_key, record_id, reason (null: gets it)."""
    rows = _ranked(shop, choice)
    reason = case(dict(enumerate(REASONS, 1)), value=rows.c.rank).label("reason")
    return select(*(column for column in rows.c if column.name != "rank"), reason)


def counts(session: Session, shop: Shop, choice: Choice) -> dict[str | None, int]:
    """How many are reached (under None) and how many are left out for each reason; the gone included."""
    rows = _ranked(shop, choice)
    by_rank = session.execute(select(rows.c.rank, func.count()).group_by(rows.c.rank))
    found = {(None, *REASONS)[rank]: int(count) for rank, count in by_rank}
    missing = gone(session, shop, choice)
    return found | ({"not_in_shop": missing} if missing else {})


def reaches_anybody(session: Session, shop: Shop, choice: Choice) -> bool:
    """Whether at least one of the chosen people would get it; does not wait for all of them where nobody is excluded.

    Of the others each is asked: a database that hopes to be done with the first reads the excluded anew for each.
    """
    chosen = _chosen(shop, choice)
    if choice.excluded_ids or choice.served is not None:
        return bool(session.scalar(select(func.count()).where(chosen.c.rank == _GETS_IT)))
    return session.execute(select(chosen.c.rank).where(chosen.c.rank == _GETS_IT).limit(1)).first() is not None


def gone(session: Session, shop: Shop, choice: Choice) -> int:
    """How many chosen members are no longer in the shop, whether the sweep has noticed or not."""
    if choice.everybody:
        return 0
    members = (
        select(SegmentMember.kind, SegmentMember.ref)
        .where(
            SegmentMember.segment_id.in_(choice.segment_ids),
            or_(SegmentMember.gone_at.is_not(None), ~in_shop(shop, SegmentMember.kind, SegmentMember.ref)),
        )
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(members.subquery())) or 0


def _ranked(shop: Shop, choice: Choice) -> Subquery:
    """Every chosen person once with the rank of her reason.

    Both windows sort by address_key first, so that one sort serves them; a person's rows all have the same one.
    """
    rows = _chosen(shop, choice)
    # A login in several firms is several rows: the best of them counts.
    person = (bytewise(rows.c.address_key), rows.c.kind, rows.c.ref)
    best = func.row_number().over(partition_by=person, order_by=rows.c.rank)
    once = select(*rows.c, best.label("row")).subquery("once")
    reached_first = (case((once.c.rank == _GETS_IT, 0), else_=1), once.c.kind, once.c.ref, once.c.row)
    same_address = func.row_number().over(partition_by=bytewise(once.c.address_key), order_by=reached_first)
    kept = [column for column in once.c if column.name not in ("rank", "row")]
    single = select(*kept, once.c.rank, same_address.label("copy")).where(once.c.row == 1).subquery("single")
    rank = case((and_(single.c.rank == _GETS_IT, single.c.copy > 1), _RANKS["duplicate"]), else_=single.c.rank)
    return select(*(single.c[column.name] for column in kept), rank.label("rank")).subquery("ranked")


class _Outside(NamedTuple):
    """What leaves people out beside their own consent, made once for contacts and subscribers."""

    excluded: CTE | None
    served: tuple[CTE, CTE] | None


def _chosen(shop: Shop, choice: Choice) -> Subquery:
    """Every way that leads to a chosen person, with the rank of her reason."""
    excluded = exclusion.addresses_in(shop, choice.channel, choice.excluded_ids) if choice.excluded_ids else None
    outside = _Outside(excluded, exclusion.of_served(choice.served) if choice.served is not None else None)
    return union_all(_contacts(shop, choice, outside), _subscribers(choice, outside)).subquery("chosen")


def _contacts(shop: Shop, choice: Choice, outside: _Outside) -> Select[Any]:
    rows = contact_rows(shop).subquery("contact_rows")
    locale = rows.c.locale if "locale" in rows.c else cast(null(), String)
    query = _judged(choice, outside, CONTACT, ref_of(rows.c.contact_ref), rows, locale)
    if choice.everybody:
        return query
    return query.where(rows.c.partner_ref.in_(exclusion.partner_refs(shop, choice.segment_ids)))


def _subscribers(choice: Choice, outside: _Outside) -> Select[Any]:
    table = Subscriber.__table__
    rows = select(*table.c, table.c.is_active.label("active")).subquery("subscriber_rows")
    ref = ref_of(rows.c.id)
    query = _judged(choice, outside, SUBSCRIBER, ref, rows, rows.c.locale)
    if choice.everybody:
        return query
    return query.where(ref.in_(exclusion.member_refs(SUBSCRIBER, SegmentMember.ref, choice.segment_ids)))


def _judged(
    choice: Choice, outside: _Outside, kind: str, ref: ColumnElement[str], rows: Subquery, locale: ColumnElement[Any]
) -> Select[Any]:
    """These people, each with her consent on the channel and the first reason that keeps her from getting it."""
    held, blocked = aliased(ConsentState), aliased(Suppression)
    address, language = rows.c[ADDRESS_COLUMN[choice.channel]], choice.language
    other_language: ColumnElement[bool] = false()
    if language:
        speaks = func.lower(func.substr(locale, 1, 2))
        other_language = and_(locale.is_not(None), locale != "", speaks != language)
    source: FromClause = rows.outerjoin(
        held, and_(held.person_kind == kind, held.person_ref == ref, held.channel == choice.channel)
    ).outerjoin(blocked, and_(blocked.channel == choice.channel, blocked.address_key == held.address_key))
    excluded: ColumnElement[bool] = false()
    if outside.excluded is not None:
        source = source.outerjoin(outside.excluded, outside.excluded.c.address_key == held.address_key)
        excluded = outside.excluded.c.address_key.is_not(None)
    served: ColumnElement[bool] = false()
    if outside.served is not None:
        addresses, known = outside.served
        source = source.outerjoin(addresses, addresses.c.address_key == held.address_key)
        source = source.outerjoin(known, and_(known.c.kind == kind, known.c.ref == ref))
        served = or_(addresses.c.address_key.is_not(None), known.c.ref.is_not(None))
    outdated = and_(held.status == state.GRANTED, held.version_number < state.floor())
    reason = case(
        (served, _RANKS["sent_before"]),
        (rows.c.active.is_not(true()), _RANKS["inactive"]),
        (or_(address.is_(None), func.trim(address) == ""), _RANKS["no_address"]),
        (held.status.is_(None), _RANKS["never_asked"]),
        (held.status == state.PENDING, _RANKS["pending"]),
        (held.status == state.WITHDRAWN, _RANKS["withdrawn"]),
        (held.status == state.ENDED, _RANKS["channel_ended"]),
        (held.status != state.GRANTED, _RANKS["never_asked"]),
        (blocked.reason == "bounced", _RANKS["bounced"]),
        (blocked.reason == "complaint", _RANKS["complained"]),
        (blocked.reason.is_not(None), _RANKS["suppressed"]),
        (outdated, _RANKS["needs_renewal"]),
        (address != held.address_seen, _RANKS["address_changed"]),
        (other_language, _RANKS["other_language"]),
        (excluded, _RANKS["excluded_segment"]),
        else_=_GETS_IT,
    ).label("rank")
    columns = (literal(kind).label("kind"), ref.label("ref"), held.address, held.address_key, held.record_id)
    return select(*columns, reason).select_from(source)
