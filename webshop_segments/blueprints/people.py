"""People: who can be found by name or address, and each person's card with every consent and its history (W24)."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from ..administration import audit
from ..consent import choices, state
from ..consent.versions import current
from ..directory import partners
from ..directory import people as directory
from ..directory.people import Person, PersonKey
from ..errors import Refused
from ..i18n import _
from ..plugin import plugin
from . import words
from .admin import bp, done, page, refused
from .forms import Confirmation
from .guard import actor, permission

_KINDS = (directory.CONTACT, directory.SUBSCRIBER)


@bp.get("/people")
@permission("subscribers.view")
def people() -> ResponseReturnValue:
    wired, typed = plugin(), request.args.get("q", "").strip()
    found = partners.search(wired.session, wired.shop, typed) if typed else []
    keys = [key for member in found for key in member.people]
    there = directory.find(wired.session, wired.shop, keys)
    statuses = state.statuses(wired.session, keys)
    shown = [there[key] for key in dict.fromkeys(keys) if key in there]
    return page("people/list.html", typed=typed, people=shown, statuses=statuses, totals=state.totals(wired.session))


@bp.get("/people/<kind>/<ref>")
@permission("subscribers.view")
def person(kind: str, ref: str) -> ResponseReturnValue:
    session = plugin().session
    shown = _person(kind, ref)
    version = current(session)
    return page(
        "people/card.html",
        form=Confirmation(),
        person=shown,
        consents=state.of_person(session, shown.key),
        channels=version.channels if version else [],
        history=state.history(session, shown.key),
    )


@bp.post("/people/<kind>/<ref>/withdraw/<channel>")
@permission("subscribers.manage")
def withdraw_for(kind: str, ref: str, channel: str) -> ResponseReturnValue:
    """On the person's request, by phone or letter; an administrator can never give a consent (W27)."""
    session, form = plugin().session, Confirmation()
    shown = _person(kind, ref)

    def withdraw() -> bool:
        if not choices.withdraw(session, shown.key, channel, "administrator", actor()):
            raise Refused(_("There is no consent to withdraw any more."), status=409)
        audit.record(session, actor(), "consent.withdrawn", "person", f"{kind}:{ref}", shown.name, channel=channel)
        return True

    if form.attempt(withdraw):
        message = _("The consent for %(channel)s was withdrawn.", channel=words.channel(channel))
        return done(message, ".person", kind=kind, ref=ref)
    return refused(form)


def _person(kind: str, ref: str) -> Person:
    wired = plugin()
    found = directory.get(wired.session, wired.shop, PersonKey(kind, ref)) if kind in _KINDS else None
    if found is None:
        raise Refused(_("This person is no longer in the shop."), status=404)
    return found
