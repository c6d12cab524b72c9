"""Who gets a newsletter on a channel, and why not the rest: one SELECT over the shop, the ledger's state and segments.

Every person chosen is one row with a reason or none. The host's tables are read where they stand; joins go by the
host's own keys, so that a segment of ten asks for ten primary keys and an audience of a million reads each table once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
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
from ..directory.partners import PARTNER, in_shop
from ..directory.people import CONTACT, SUBSCRIBER, contact_rows
from ..refs import key_from, ref_of
from ..shop import Shop, key_type
from .models import SegmentMember

REASONS = (
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
    "duplicate",
)
"""In the order they are asked: whoever has several is counted under the first."""

_GETS_IT = 0
_RANKS = {reason: rank for rank, reason in enumerate(REASONS, 1)}
"""Numbers in place of names: a million rows are sorted and grouped by them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What an administrator chose: a channel, everybody or some segments, perhaps a language.

    ``segment_ids`` empty and ``everybody`` false is an empty choice: nobody (W43).
    """

    channel: str
    everybody: bool
    segment_ids: tuple[int, ...] = ()
    language: str | None = None


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
    """Whether at least one of the chosen people would get it; does not wait for all of them."""
    chosen = union_all(_contacts(shop, choice), _subscribers(choice)).subquery("chosen")
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
    rows = union_all(_contacts(shop, choice), _subscribers(choice)).subquery("chosen")
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


def _contacts(shop: Shop, choice: Choice) -> Select[Any]:
    rows = contact_rows(shop).subquery("contact_rows")
    held, blocked = aliased(ConsentState), aliased(Suppression)
    ref = ref_of(rows.c.contact_ref)
    query = _judged(
        CONTACT,
        ref,
        rows,
        rows.c[ADDRESS_COLUMN[choice.channel]],
        rows.c.locale if "locale" in rows.c else cast(null(), String),
        held,
        blocked,
        choice,
    )
    source = rows.outerjoin(
        held,
        and_(
            held.person_kind == CONTACT,
            held.person_ref == ref,
            held.channel == choice.channel,
        ),
    ).outerjoin(blocked, and_(blocked.channel == choice.channel, blocked.address_key == held.address_key))
    query = query.select_from(source)
    if choice.everybody:
        return query
    native = key_from(SegmentMember.ref, key_type(shop.partners(), "partner_ref"))
    return query.where(rows.c.partner_ref.in_(_member_refs(PARTNER, native, choice)))


def _subscribers(choice: Choice) -> Select[Any]:
    table = Subscriber.__table__
    held, blocked = aliased(ConsentState), aliased(Suppression)
    people = select(*table.c, table.c.is_active.label("active")).subquery("subscriber_rows")
    ref = ref_of(people.c.id)
    query = _judged(
        SUBSCRIBER, ref, people, people.c[ADDRESS_COLUMN[choice.channel]], people.c.locale, held, blocked, choice
    )
    source = people.outerjoin(
        held, and_(held.person_kind == SUBSCRIBER, held.person_ref == ref, held.channel == choice.channel)
    ).outerjoin(blocked, and_(blocked.channel == choice.channel, blocked.address_key == held.address_key))
    query = query.select_from(source)
    if choice.everybody:
        return query
    return query.where(ref.in_(_member_refs(SUBSCRIBER, SegmentMember.ref, choice)))


def _member_refs(kind: str, ref: ColumnElement[Any] | Any, choice: Choice) -> Select[Any]:
    return select(ref).where(
        SegmentMember.segment_id.in_(choice.segment_ids) if choice.segment_ids else false(),
        SegmentMember.kind == kind,
        SegmentMember.gone_at.is_(None),
    )


def _judged(
    kind: str,
    ref: ColumnElement[str],
    rows: FromClause,
    address: ColumnElement[Any],
    locale: ColumnElement[Any],
    held: type[ConsentState],
    blocked: type[Suppression],
    choice: Choice,
) -> Select[Any]:
    language = choice.language
    speaks = func.lower(func.substr(locale, 1, 2))
    other_language: ColumnElement[bool] = false()
    if language:
        other_language = and_(locale.is_not(None), locale != "", speaks != language)
    outdated = and_(held.status == state.GRANTED, held.version_number < state.floor())
    reason = case(
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
        else_=_GETS_IT,
    ).label("rank")
    return select(literal(kind).label("kind"), ref.label("ref"), held.address, held.address_key, held.record_id, reason)
