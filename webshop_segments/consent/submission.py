"""What a posted form says, carried out: per channel a grant, a request with its confirmation, a withdrawal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from ..access import Actor
from ..directory import addresses
from ..directory.people import Person
from ..errors import Refused
from ..i18n import _
from ..keys import Keys
from ..settings import Settings
from . import boxes, choices, confirmation, state, versions
from .boxes import Seen
from .choices import Shown
from .ledger import Circumstances


@dataclass(slots=True)
class Taken:
    """What became of the boxes, per channel."""

    granted: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def take(
    session: Session,
    keys: Keys,
    settings: Settings,
    place: str,
    person: Person,
    form: Mapping[str, str],
    actor: Actor,
    where: Circumstances,
) -> Taken:
    """Record a person's choices (flushes).

    An empty box withdraws only in the profile, and only where the page showed it ticked (C17).

    :raises Refused: for a forged or old form, or channels the place does not offer (C10); nothing is recorded.
    """
    taken, shown = Taken(), read(session, keys, place, form)
    if shown is None:
        return taken
    posted = boxes.ticked(form)
    for channel in sorted(posted - shown.ticked):
        try:
            _agree(session, keys, settings, place, person, channel, shown, actor, where, taken)
        except Refused as problem:
            taken.problems.append(str(problem))
    if place in boxes.SHOWING_STATE:
        for channel in sorted(shown.ticked - posted):
            if _withdraw(session, person, channel, place, actor, where):
                taken.withdrawn.append(channel)
    return taken


def read(session: Session, keys: Keys, place: str, form: Mapping[str, str]) -> Seen | None:
    """What the person saw; None where the form showed no boxes.

    :raises Refused: for a forged or old form, or channels the place does not offer (C10).
    """
    check(keys, place, form)
    shown = boxes.seen(session, keys, place, form)
    if shown is not None and boxes.ticked(form) - shown.ticked - set(boxes.asked_at(place, shown.version)):
        raise Refused(_("Your choice could not be read. Please open the page again and tick the boxes anew."))
    return shown


def check(keys: Keys, place: str, form: Mapping[str, str]) -> None:
    """As far as that goes without the database.

    :raises Refused: as :func:`read`.
    """
    posted = boxes.ticked(form)
    if boxes.signed(keys, place, form) is None and posted:
        raise Refused(_("Your choice could not be read. Please open the page again and tick the boxes anew."))
    if place == "guest_checkout" and posted - {"email"}:
        raise Refused(_("With a guest order you can only agree to e-mail. For other channels create an account."))


def _withdraw(session: Session, person: Person, channel: str, place: str, actor: Actor, where: Circumstances) -> bool:
    """Whoever comes by a message's link speaks for the address, and so for everybody who has it."""
    held = state.get(session, person.key, channel)
    if place == "preference_page" and held is not None and held.address_key is not None:
        return choices.withdraw_address(session, channel, held.address_key, place, actor, where) > 0
    return choices.withdraw(session, person.key, channel, place, actor, where)


def _agree(
    session: Session,
    keys: Keys,
    settings: Settings,
    place: str,
    person: Person,
    channel: str,
    seen: Seen,
    actor: Actor,
    where: Circumstances,
    taken: Taken,
) -> None:
    if not versions.collects(session, channel):
        raise Refused(_("We no longer ask for this kind of message; nothing was saved for it."))
    column = addresses.ADDRESS_COLUMN[channel]
    address = addresses.address(keys, channel, person.seen(column), settings.default_country)
    shown = Shown(seen.version, seen.language, place)
    held = state.get(session, person.key, channel)
    proven_before = held is not None and held.status == state.GRANTED and held.address_key == address.key
    if place in ("checkout", "profile") and (person.verified(column) or proven_before):
        choices.give(session, person.key, channel, address, shown, actor, where)
        taken.granted.append(channel)
        return
    if confirmation.had_enough(session, address.key):
        raise Refused(_("We have written to you several times today. Please use the link or code that came last."))
    requested = choices.request(session, person.key, channel, address, shown, actor, where)
    if requested is not None:
        confirmation.ask(session, keys, settings, requested, person)
    taken.requested.append(channel)
