"""A person's card: every consent with its text and history, changing and deleting subscribers of ours (W24, W30)."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField
from wtforms.validators import Length

from ..administration import audit
from ..consent import choices, state
from ..consent.versions import current
from ..directory import people as directory
from ..directory.people import SUBSCRIBER, Person, PersonKey
from ..errors import Refused
from ..i18n import LANGUAGES, _, lazy_gettext
from ..newsletter import forgetting, received
from ..plugin import plugin
from ..subscribers import card, editing, kinship, listing
from . import words
from .admin import bp, done, page, refused
from .forms import Confirmation, Form
from .guard import actor, masked, permission
from .subscribers import person_type

_KINDS = (directory.CONTACT, directory.SUBSCRIBER)


class SubscriberForm(Form):
    first_name = StringField(lazy_gettext("First name"), [Length(max=2000)], render_kw={"autocomplete": "off"})
    last_name = StringField(lazy_gettext("Last name"), [Length(max=2000)], render_kw={"autocomplete": "off"})
    locale = SelectField(lazy_gettext("Language"), validate_choice=False)


@bp.get("/people/<kind>/<ref>")
@permission("subscribers.view")
def person(kind: str, ref: str) -> ResponseReturnValue:
    wired = plugin()
    shown, version = _person(kind, ref), current(wired.session)
    consents, history = state.of_person(wired.session, shown.key), state.history(wired.session, shown.key)
    kin = kinship.relatives(wired.session, wired, [shown]).get(shown.key, [])
    others = directory.find(wired.session, wired.shop, kin)
    keys = {held.address_key for held, _status in consents.values() if held.address_key}
    return page(
        "people/card.html",
        form=Confirmation(),
        person=shown,
        person_type=person_type,
        consents=consents,
        channels=version.channels if version else [],
        history=history,
        texts=card.texts(history, wired.settings.default_locale),
        segments=card.segments(wired.session, wired.shop, shown.key),
        received=received.lately(wired.session, shown.key, keys),
        others=list(others.values()),
        held=listing.held(wired.session, list(others)),
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


@bp.route("/people/<kind>/<ref>/edit", methods=["GET", "POST"])
@permission("subscribers.manage")
def edit_subscriber(kind: str, ref: str) -> ResponseReturnValue:
    if masked():
        raise Refused(_("Names are hidden from you, so you cannot change them."), status=403)
    session = plugin().session
    row = editing.get(session, _ours(kind, ref))
    form = SubscriberForm(obj=row)
    form.locale.choices = [("", _("unknown")), *LANGUAGES.items()]
    if row.locale and row.locale not in LANGUAGES:
        form.locale.choices.append((row.locale, row.locale))

    def save() -> bool:
        editing.change(
            session, row, form.first_name.data or "", form.last_name.data or "", form.locale.data or "", actor()
        )
        return True

    if form.attempt(save):
        return done(_("The subscriber was saved."), ".person", kind=kind, ref=ref)
    return page("people/edit.html", form, person=_person(kind, ref))


@bp.route("/people/<kind>/<ref>/delete", methods=["GET", "POST"])
@permission("subscribers.manage")
def delete_subscriber(kind: str, ref: str) -> ResponseReturnValue:
    """Everything that tells who it was goes; bare proof and blocks stay (C47)."""
    session, form = plugin().session, Confirmation()
    row = editing.get(session, _ours(kind, ref))
    shown = directory.of_subscriber(row)

    def delete() -> bool:
        editing.remove(session, row, actor())
        forgetting.forget_person(session, shown.key, "administrator", actor())
        return True

    if form.attempt(delete):
        return done(_("The subscriber was deleted."), ".subscribers")
    return page("people/delete.html", form, person=shown, segments=card.segments(session, plugin().shop, shown.key))


def _ours(kind: str, ref: str) -> str:
    """:raises Refused: for an account: its data are changed in the shop."""
    if kind != SUBSCRIBER:
        raise Refused(_("This person has an account. Name and language are changed in the shop itself."), status=404)
    return ref


def _person(kind: str, ref: str) -> Person:
    wired = plugin()
    found = directory.get(wired.session, wired.shop, PersonKey(kind, ref)) if kind in _KINDS else None
    if found is None:
        raise Refused(_("This person is no longer in the shop."), status=404)
    return found
