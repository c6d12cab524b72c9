"""Online Marketing → Newsletters: one of them, as its readers see it, tried, copied, deleted (W40, W45)."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from ..errors import Refused
from ..i18n import _, lazy_gettext
from ..newsletter import newsletters as writing
from ..newsletter import sendings, trial
from ..newsletter.models import Newsletter
from ..plugin import plugin
from . import readers, words
from .admin import bp, done, page, refused
from .forms import Confirmation, Form
from .guard import actor, permission
from .readers import example as example

FRAME_POLICY = (
    "default-src 'none'; img-src https: data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; "
    "form-action 'none'; base-uri 'none'"
)
"""For the frame of a preview: nothing in a newsletter may run, or load anything but pictures."""


class TrialForm(Form):
    to = StringField(lazy_gettext("Send the trial to"), [InputRequired(), Length(max=254)])
    person = HiddenField(validators=[Length(max=120)])


@bp.get("/newsletters/<int:newsletter_id>")
@permission("newsletters.view")
def newsletter(newsletter_id: int) -> ResponseReturnValue:
    settings, row = plugin().settings, writing.get(plugin().session, newsletter_id)
    to = settings.shop_email if row.channel == "email" else settings.shop_phone
    return _show(row, TrialForm(to=to, person=request.args.get("person", "")))


@bp.get("/newsletters/<int:newsletter_id>/preview")
@permission("newsletters.view")
def preview_newsletter(newsletter_id: int) -> ResponseReturnValue:
    """The HTML part alone, for the frame of the newsletter's page."""
    row = writing.get(plugin().session, newsletter_id)
    shown = trial.preview(plugin(), row, readers.chosen(request.args.get("person", "")))
    return shown.html, 200, {"Content-Security-Policy": f"{FRAME_POLICY}; sandbox"}


@bp.post("/newsletters/<int:newsletter_id>/trial")
@permission("newsletters.edit")
def send_trial(newsletter_id: int) -> ResponseReturnValue:
    wired, form = plugin(), TrialForm()
    row, chosen = writing.get(wired.session, newsletter_id), form.person.data or ""
    person = readers.chosen(chosen)
    to = form.attempt(lambda: trial.send(wired.session, wired, row, person, form.to.data or "", actor()))
    if to is None:
        return _show(row, form)
    message = _("A trial is on its way to %(address)s.", address=words.address(row.channel, to))
    return done(message, ".newsletter", newsletter_id=newsletter_id, person=chosen or None)


@bp.post("/newsletters/<int:newsletter_id>/copy")
@permission("newsletters.edit")
def copy_newsletter(newsletter_id: int) -> ResponseReturnValue:
    session, form = plugin().session, Confirmation()
    row = writing.get(session, newsletter_id)
    twin = form.attempt(lambda: writing.copy(session, row, actor()))
    if twin is None:
        return refused(form)
    return done(_("This is the copy. Change what should differ."), ".edit_newsletter", newsletter_id=twin.id)


@bp.route("/newsletters/<int:newsletter_id>/delete", methods=["GET", "POST"])
@permission("newsletters.edit")
def delete_newsletter(newsletter_id: int) -> ResponseReturnValue:
    session, form = plugin().session, Confirmation()
    row = writing.get(session, newsletter_id)
    name, channel = row.name, row.channel

    def delete() -> bool:
        writing.remove(session, row, actor())
        return True

    if form.attempt(delete):
        return done(_("“%(name)s” was deleted.", name=name), ".newsletters", channel=channel)
    return page("newsletters/delete.html", form=form, row=row, last=writing.last_sent(session, [row.id]).get(row.id))


def _show(row: Newsletter, form: TrialForm) -> ResponseReturnValue:
    wired, typed = plugin(), request.args.get("q", "")
    person = readers.chosen(form.person.data or "")
    try:
        shown, problem = trial.preview(wired, row, person), None
    except Refused as refusal:
        shown, problem = None, str(refusal)
    return page(
        "newsletters/show.html",
        form=form,
        row=row,
        preview=shown,
        problem=problem,
        sendings=sendings.of_newsletter(wired.session, row.id),
        person=person,
        typed=typed,
        found=readers.found(typed),
    )
