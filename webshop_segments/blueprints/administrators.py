"""My Profile → Administrators: adding, permissions, inviting, blocking, deleting (W10 to W13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectMultipleField, StringField
from wtforms.validators import Length

from ..access import FLAGS
from ..administration import accounts, links, listing
from ..administration.models import Administrator
from ..administration.own import own_administrators
from ..i18n import _, lazy_gettext
from ..plugin import plugin
from .admin import bp, done, page
from .areas import areas, flag_word, patterns
from .forms import Confirmation, Form
from .guard import actor, permission


class AddressForm(Form):
    email = StringField(
        lazy_gettext("E-mail address"),
        [Length(max=254)],
        render_kw={"type": "email", "autocomplete": "off", "autofocus": True},
    )


class AdministratorForm(Form):
    name = StringField(lazy_gettext("Name"), [Length(max=2000)], render_kw={"maxlength": accounts.NAME_LENGTH})
    group_name = StringField(
        lazy_gettext("Group (optional)"), [Length(max=2000)], render_kw={"maxlength": accounts.NAME_LENGTH}
    )
    ticks = SelectMultipleField(lazy_gettext("Permissions"), validate_choice=False)

    def flags(self) -> set[str]:
        """The flags of all ticks, those of whole areas included."""
        return {flag for tick in self.ticks.data or [] for flag in tick.split()}


@bp.route("/administrators/add", methods=["GET", "POST"])
@permission("administrators.manage")
def add_administrator() -> ResponseReturnValue:
    own_administrators()
    wired, form = plugin(), AddressForm()

    def add() -> Administrator:
        added = accounts.create(wired.session, form.email.data or "", actor())
        return links.invite(wired.session, wired.keys, wired.settings, added, actor())

    added = form.attempt(add)
    if added is not None:
        message = _("The account of %(email)s is created and the invitation on its way. Now say what it may do.",
                    email=added.email)  # fmt: skip
        return done(message, ".administrator", administrator_id=added.id)
    return page("administrators/add.html", form)


@bp.route("/administrators/<int:administrator_id>", methods=["GET", "POST"])
@permission("administrators.manage")
def administrator(administrator_id: int) -> ResponseReturnValue:
    wired, shown = plugin(), _get(administrator_id)
    form = AdministratorForm(data={"name": shown.name, "group_name": shown.group_name})
    held = {flag for flag in FLAGS if wired.access.can(flag)}
    fixed = accounts.why_flags_are_fixed(shown, actor())
    chosen = patterns().get(request.form["pattern"]) if "pattern" in request.form and not fixed else None

    def save() -> bool:
        accounts.change(wired.session, shown, form.name.data or "", form.group_name.data or "", actor())
        if not fixed or form.flags():
            accounts.set_flags(wired.session, shown, form.flags(), held, actor())
        return True

    if "pattern" not in request.form and form.attempt(save):
        return done(_("“%(name)s” was saved.", name=shown.name), ".administrators")
    ticks = chosen.flags if chosen else form.flags() if form.is_submitted() else set(shown.flags)
    return page(
        "administrators/administrator.html",
        form,
        administrator=shown,
        state=listing.state_of(shown),
        is_self=accounts.is_self(shown, actor()),
        fixed=fixed,
        areas=areas(),
        patterns=patterns(),
        chosen=chosen,
        missing=[flag_word(flag) for flag in FLAGS if chosen and flag in chosen.flags - held],
        ticked=(ticks & held) | (set(shown.flags) - held),
        held=held,
    )


@bp.route("/administrators/<int:administrator_id>/invite", methods=["GET", "POST"])
@permission("administrators.manage")
def invite_administrator(administrator_id: int) -> ResponseReturnValue:
    wired, shown = plugin(), _get(administrator_id)
    return _ask(
        shown,
        lambda: links.invite(wired.session, wired.keys, wired.settings, shown, actor()),
        question=_("Send the invitation again?"),
        meaning=_("A new link goes to %(email)s; the one sent before ends.", email=shown.email),
        label=_("Send invitation"),
        message=_("The invitation to %(email)s is on its way.", email=shown.email),
    )


@bp.route("/administrators/<int:administrator_id>/block", methods=["GET", "POST"])
@permission("administrators.manage")
def block_administrator(administrator_id: int) -> ResponseReturnValue:
    shown = _get(administrator_id)
    return _ask(
        shown,
        lambda: accounts.block(plugin().session, shown, actor()),
        question=_("Block “%(name)s”?", name=shown.name),
        meaning=_("%(email)s is logged out with the next click and cannot log in until unblocked.", email=shown.email),
        label=_("Block"),
        message=_("“%(name)s” is blocked.", name=shown.name),
    )


@bp.route("/administrators/<int:administrator_id>/unblock", methods=["GET", "POST"])
@permission("administrators.manage")
def unblock_administrator(administrator_id: int) -> ResponseReturnValue:
    shown = _get(administrator_id)
    return _ask(
        shown,
        lambda: accounts.unblock(plugin().session, shown, actor()),
        question=_("Unblock “%(name)s”?", name=shown.name),
        meaning=_("%(email)s can log in again, with the permissions of before.", email=shown.email),
        label=_("Unblock"),
        message=_("“%(name)s” can log in again.", name=shown.name),
    )


@bp.route("/administrators/<int:administrator_id>/delete", methods=["GET", "POST"])
@permission("administrators.manage")
def delete_administrator(administrator_id: int) -> ResponseReturnValue:
    shown = _get(administrator_id)
    return _ask(
        shown,
        lambda: accounts.delete(plugin().session, shown, actor()),
        question=_("Delete “%(name)s”?", name=shown.name),
        meaning=_("The account of %(email)s goes for good; its entries in the history stay.", email=shown.email),
        label=_("Delete"),
        message=_("“%(name)s” was deleted.", name=shown.name),
        danger=True,
    )


def _get(administrator_id: int) -> Administrator:
    own_administrators()
    return accounts.get(plugin().session, administrator_id)


def _ask(
    shown: Administrator, operation: Callable[[], Administrator], *, message: str, **words: Any
) -> ResponseReturnValue:
    """Do it when confirmed, else ask."""
    form, back = Confirmation(), url_for(".administrator", administrator_id=shown.id)
    if form.attempt(operation) is not None:
        return done(message, ".administrators")
    return page("administrators/confirm.html", form, back=back, **words)
