"""What the holder of a message's link sees and may do; docs/decisions/0014 says why no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from .. import clock
from ..access import Actor
from ..consent import boxes, choices, proofs, state, submission, suppression, tokens, versions
from ..consent.boxes import Offer
from ..consent.choices import Shown
from ..consent.ledger import Circumstances
from ..consent.models import ConsentRecord, ConsentState
from ..consent.submission import Taken
from ..consent.tokens import Link
from ..directory import addresses, people
from ..directory.addresses import Address
from ..directory.people import Person
from ..errors import Refused
from ..i18n import _, language, render
from ..notices import queue
from ..plugin import Plugin

PLACE = "preference_page"
HOLDER = Actor("customer", "holder of the link", "holder of the link")
UNDO_LIFE = timedelta(days=1)
OWN_DATA = "own_data"
_FROM_THE_LINK = ("one_click", PLACE)


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows.

    :param undoable: the consent an undo would bring back: the very text the page quotes, not a newer one (C04).
    """

    person: Person | None
    consents: Mapping[str, tuple[ConsentState, str]]
    history: Sequence[ConsentRecord]
    suppressed: str | None
    agreed: ConsentRecord | None
    undoable: ConsentRecord | None
    offer: Offer | None


def is_current(wired: Plugin, link: Link) -> bool:
    """Whether the address the message went to is still this person's; an old one may be somebody else's by now."""
    return _address(wired, link) is not None


def page(wired: Plugin, link: Link, posted: Mapping[str, str] | None = None) -> Page:
    """:param posted: a form that comes back to be corrected."""
    session = wired.session
    person = people.get(session, wired.shop, link.person)
    offer = boxes.offered(session, wired.keys, PLACE, link.person, language(), wired.settings.default_locale, posted)
    return Page(
        person=person,
        consents=state.of_person(session, link.person),
        history=proofs.history(session, link.person),
        suppressed=suppression.reason_of(session, link.channel, link.address_key),
        agreed=state.agreement(session, link.person, link.channel),
        undoable=undoable(wired, link),
        offer=_possible(offer, person),
    )


def _possible(offer: Offer | None, person: Person | None) -> Offer | None:
    """Without boxes nobody could tick: no number is known, or a call is confirmed by hand (C13)."""
    if offer is None:
        return None
    shown = tuple(
        box
        for box in offer.boxes
        if box.status == state.GRANTED
        or (box.channel != "phone" and person is not None and person.seen(addresses.ADDRESS_COLUMN[box.channel]))
    )
    return replace(offer, boxes=shown) if shown else None


def choose(wired: Plugin, link: Link, form: Mapping[str, str], where: Circumstances) -> Taken:
    """Carry out the boxes (flushes): what was ticked is asked of the address itself, what was unticked ends at once.

    :raises Refused: for a form that cannot be read, or whose link is old.
    """
    person = people.get(wired.session, wired.shop, link.person)
    if person is None or not is_current(wired, link):
        raise Refused(_("This link is old: the address it came to is no longer yours here."), status=410)
    return submission.take(wired.session, wired.keys, wired.settings, PLACE, person, form, HOLDER, where)


def stop(wired: Plugin, link: Link, source: str, where: Circumstances) -> None:
    """No more on this channel to this address (flushes)."""
    choices.withdraw_address(wired.session, link.channel, link.address_key, source, HOLDER, where)


def stop_all(wired: Plugin, link: Link, where: Circumstances) -> None:
    """An objection to all direct marketing ends every channel of the person (flushes; GDPR 21(2), C43).

    An old link speaks for its address alone.
    """
    held = state.of_person(wired.session, link.person) if is_current(wired, link) else {}
    reached = {(channel, row.address_key) for channel, (row, _status) in held.items() if row.address_key is not None}
    for channel, address_key in sorted(reached | {(link.channel, link.address_key)}):
        choices.withdraw_address(
            wired.session, channel, address_key, PLACE, HOLDER, where,
            action="objected", reason=suppression.OBJECTED,
        )  # fmt: skip


def undo(wired: Plugin, link: Link, where: Circumstances) -> None:
    """The holder's word turns her own withdrawal back, for this person only (flushes)."""
    agreed, held = undoable(wired, link), state.get(wired.session, link.person, link.channel)
    if agreed is None or agreed.version is None or held is None:
        return
    shown = Shown(agreed.version, agreed.language or "", PLACE)
    address = Address(held.address_seen or "", held.address or "", link.address_key)
    choices.give(wired.session, link.person, link.channel, address, shown, HOLDER, where)


def undoable(wired: Plugin, link: Link) -> ConsentRecord | None:
    """The consent that ended through this link within the last day; later the address is asked anew (C49)."""
    held, version = state.get(wired.session, link.person, link.channel), versions.current(wired.session)
    if held is None or held.status != state.WITHDRAWN or held.address_key != link.address_key:
        return None
    if version is None or link.channel not in version.channels or held.since < clock.now() - UNDO_LIFE:
        return None
    ended = wired.session.get(ConsentRecord, held.record_id)
    reason = suppression.reason_of(wired.session, link.channel, link.address_key)
    if ended is None or ended.source not in _FROM_THE_LINK:
        return None
    if reason is not None and reason not in suppression.LIFTED_BY_GRANT:
        return None
    return state.agreement(wired.session, link.person, link.channel)


def mail_own_data(wired: Plugin, link: Link) -> None:
    """Send the way to her data to the address itself (flushes): a forwarded message does not open it.

    :raises Refused: where the address is old, or was written to often enough today.
    """
    address = _address(wired, link)
    if address is None:
        raise Refused(_("This link is old: the address it came to is no longer yours here."), status=410)
    if queue.had_enough(wired.session, OWN_DATA, address.key):
        raise Refused(_("We have written to you several times today. Please use the link or code that came last."))
    token = tokens.own_data_token(wired.keys, link)
    url = f"{wired.settings.public_url}{wired.settings.url_prefix}/d/{token}"
    hours = int(tokens.OWN_DATA_LIFE.total_seconds() // 3600)
    shop = wired.settings.shop_name
    if link.channel != "email":
        text = _("%(shop)s: your data, for %(hours)s hours: %(url)s", shop=shop, hours=hours, url=url)
        queue.queue(wired.session, OWN_DATA, link.channel, address.normal, address.key, text=text)
        return
    subject = _("Your data at %(shop)s", shop=shop)
    content = {"subject": subject, "shop_name": shop, "imprint": wired.settings.imprint, "url": url, "hours": hours}
    queue.queue(
        wired.session,
        OWN_DATA,
        "email",
        address.normal,
        address.key,
        subject=subject,
        text=render("email/own_data/body.txt", language=language(), **content),
        html=render("email/own_data/body.html", language=language(), **content),
    )


def _address(wired: Plugin, link: Link) -> Address | None:
    """Where the message went, in clear, if it is the person's address now: the shop's, or ours of who has left it."""
    person = people.get(wired.session, wired.shop, link.person)
    held = state.get(wired.session, link.person, link.channel)
    if person is not None:
        seen = person.seen(addresses.ADDRESS_COLUMN[link.channel])
    else:
        seen = held.address if held is not None else None
    try:
        address = addresses.address(wired.keys, link.channel, seen, wired.settings.default_country)
    except Refused:
        return None
    return address if address.key == link.address_key else None


def locale_of(wired: Plugin, link: Link) -> str | None:
    """The person's language, None where it is unknown."""
    person = people.get(wired.session, wired.shop, link.person)
    return person.locale if person is not None else None
