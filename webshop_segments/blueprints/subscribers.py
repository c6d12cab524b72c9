"""Online Marketing → Subscribers: everyone who agreed, searched, filtered, as a file (W30)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from flask import request
from flask.typing import ResponseReturnValue

from ..directory import people as directory
from ..directory.addresses import CHANNELS
from ..directory.people import Person, PersonKey
from ..i18n import _
from ..plugin import Plugin, plugin
from ..subscribers import kinship, listing, search
from ..subscribers.listing import Held, Wanted
from . import words
from .admin import bp, page, refused
from .csv_file import csv_file, wants_whole_list
from .forms import Confirmation
from .guard import permission


@dataclass(frozen=True, slots=True)
class Row:
    """A person of the list; None when no longer in the shop. ``also`` are her other rows: account or sign-up."""

    key: PersonKey
    person: Person | None
    also: list[Person] = field(default_factory=list)


@bp.get("/subscribers")
@permission("subscribers.view")
def subscribers() -> ResponseReturnValue:
    wired, typed, wanted = plugin(), request.args.get("q", "").strip(), Wanted.read(request.args.to_dict())
    most = None if request.args.get("count") == "all" else listing.COUNTED
    found, exact = _found(wired, typed, wanted, request.args.get("after", ""))
    rows, held = _rows(wired, [*dict.fromkeys([*exact, *found.people])])
    return page(
        "subscribers/list.html",
        form=Confirmation(),
        rows=rows,
        held=held,
        next=found.next,
        typed=typed,
        wanted=wanted,
        total=None if typed else listing.total(wired.session, wanted, most),
        counted=most,
        types=listing.TYPES,
        statuses=listing.STATUSES,
        channels=CHANNELS,
        person_type=person_type,
    )


@bp.get("/people")
@permission("subscribers.view")
def people() -> ResponseReturnValue:
    """Where the search was before there was a list; links and bookmarks keep working."""
    return subscribers()


@bp.post("/subscribers/export")
@permission("subscribers.view")
def export_subscribers() -> ResponseReturnValue:
    wired, form = plugin(), Confirmation()
    if not form.validate_on_submit():
        return refused(form)
    typed, wanted = request.form.get("q", "").strip(), Wanted.read(request.form.to_dict())
    pages = listing.everyone(wired.session, Wanted())
    if not wants_whole_list() and typed:
        pages = search.everyone(wired.session, wired.shop, typed, wanted)
    elif not wants_whole_list():
        pages = listing.everyone(wired.session, wanted)
    header = [_("Type"), _("Name"), _("Company"), _("E-mail"), _("Phone"), _("Language")]
    header += [_("Consent: %(channel)s", channel=words.channel(name)) for name in CHANNELS]
    return csv_file("subscribers", [*header, _("Since")], _lines(wired, pages))


def person_type(name: str) -> str:
    """What a person is to us: an account of the shop, or where we know the address from."""
    return _("user account") if name == listing.ACCOUNT else words.subscriber_type(name)


def _found(wired: Plugin, typed: str, wanted: Wanted, after: str) -> tuple[listing.Page, Sequence[PersonKey]]:
    """A page, and on the first one of a search whoever agreed with exactly the address typed."""
    if not typed:
        return listing.page(wired.session, wanted, after), []
    found = search.page(wired.session, wired.shop, typed, wanted, after)
    unfiltered = not (after or wanted.channel or wanted.status or wanted.type)
    country = wired.settings.default_country
    return found, search.holders(wired.session, wired.keys, typed, country) if unfiltered else []


def _rows(wired: Plugin, keys: Sequence[PersonKey]) -> tuple[list[Row], Held]:
    there = directory.find(wired.session, wired.shop, keys)
    kin = kinship.relatives(wired.session, wired, there.values())
    others = directory.find(wired.session, wired.shop, [other for several in kin.values() for other in several])
    rows = [Row(key, there.get(key), [others[one] for one in kin.get(key, ()) if one in others]) for key in keys]
    return rows, listing.held(wired.session, [*keys, *others])


def _lines(wired: Plugin, pages: Iterable[Sequence[PersonKey]]) -> Iterator[Sequence[object]]:
    for keys in pages:
        rows, held = _rows(wired, keys)
        for row in rows:
            yield _line(row, held)


def _line(row: Row, held: Held) -> Sequence[object]:
    channel, address = held.addresses.get(row.key, ("email", None))
    kinds = [person_type(one.type) for one in (row.person, *row.also) if one]
    known = [held.statuses.get((row.key, name)) for name in CHANNELS]
    consents = [words.consent_status(status) if status else "" for status in known]
    since = words.moment(held.since.get(row.key))
    if row.person is None:
        return [_("no longer in the shop"), "", "", words.address(channel, address), "", "", *consents, since]
    person = row.person
    return [
        ", ".join(kinds),
        words.person(person.name),
        words.person(person.company),
        words.address("email", person.email),
        words.address("sms", person.phone),
        person.locale or "",
        *consents,
        since,
    ]
