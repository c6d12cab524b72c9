"""The form a newsletter is written in, with its preview beside it (W41, W48, W51)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from ..errors import Refused
from ..i18n import LANGUAGES, _, lazy_gettext
from ..newsletter import drafts, trial
from ..newsletter import newsletters as writing
from ..newsletter.drafts import Draft
from ..newsletter.message import variables
from ..newsletter.models import Newsletter
from ..newsletter.sms_parts import measure
from ..plugin import plugin
from . import readers
from .admin import bp, done, page, render
from .forms import Form
from .guard import actor, permission
from .newsletters import FRAME_POLICY


class NewsletterForm(Form):
    name = StringField(lazy_gettext("Name"), [Length(max=120)], render_kw={"maxlength": 120})
    subject = StringField(lazy_gettext("Subject"), [Length(max=255)], render_kw={"maxlength": 255})
    preheader = StringField(lazy_gettext("Preview line"), [Length(max=255)], render_kw={"maxlength": 255})
    language = SelectField(lazy_gettext("Subscription language"), [Optional()])
    reply_to = StringField(lazy_gettext("Reply to"), [Length(max=254)], render_kw={"maxlength": 254})
    sender = StringField(lazy_gettext("Sender"), [Length(max=20)], render_kw={"maxlength": 20})
    without_note = BooleanField(lazy_gettext("Do not attach the unsubscribe note"))
    body = TextAreaField(lazy_gettext("Text"), [Length(max=200_000)], render_kw={"rows": 16})
    edition = HiddenField(default="0")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = [("", _("all languages")), *LANGUAGES.items()]

    def draft(self, channel: str) -> Draft:
        """What was typed; a field the channel's form does not have is as in a new newsletter."""
        mail = channel == "email"
        return Draft(
            name=self.name.data or "",
            body=self.body.data or "",
            subject=(self.subject.data or "") if mail else "",
            language=self.language.data or None,
            reply_to=self.reply_to.data if mail else None,
            preheader=(self.preheader.data or "") if mail else "",
            with_note=not (mail and self.without_note.data),
            sender=(self.sender.data or "") if channel == "sms" else "",
        )

    def opened_at(self) -> int:
        """The edition the page was opened at; none that ever was for something else."""
        text = self.edition.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@bp.route("/newsletters/add/<any(email, sms, whatsapp):channel>", methods=["GET", "POST"])
@permission("newsletters.edit")
def add_newsletter(channel: str) -> ResponseReturnValue:
    wired, form = plugin(), NewsletterForm()
    if channel not in writing.channels(wired):
        raise Refused(_("No newsletter can be sent on this channel."), status=404)

    def add() -> Newsletter:
        return writing.add(wired.session, wired.shop, channel, form.draft(channel), actor())

    added = None if _searching() else form.attempt(add)
    if added is not None:
        return done(_("“%(name)s” was saved.", name=added.name), ".newsletter", newsletter_id=added.id)
    return _form(form, channel)


@bp.route("/newsletters/<int:newsletter_id>/edit", methods=["GET", "POST"])
@permission("newsletters.edit")
def edit_newsletter(newsletter_id: int) -> ResponseReturnValue:
    wired, session = plugin(), plugin().session
    try:
        row = writing.get(session, newsletter_id)
    except Refused:
        return _deleted_meanwhile()
    form, channel = NewsletterForm(obj=row, without_note=not row.with_note), row.channel

    def change() -> Newsletter:
        return writing.change(session, wired.shop, row, form.draft(channel), form.opened_at(), actor())

    changed = None if _searching() else form.attempt(change)
    if changed is not None:
        return done(_("“%(name)s” was saved.", name=changed.name), ".newsletter", newsletter_id=newsletter_id)
    if form.status == 404:
        return _deleted_meanwhile()
    return _form(form, channel, row)


@bp.route("/newsletters/preview/<any(email, sms, whatsapp):channel>", methods=["GET", "POST"])
@permission("newsletters.edit")
def preview_draft(channel: str) -> ResponseReturnValue:
    """What stands in the form, as a chosen person would read it: a page of its own for the frame beside the text."""
    wired, form, problem, shown = plugin(), NewsletterForm(), "", None
    draft, person = form.draft(channel), readers.chosen(request.form.get("person", ""))
    if form.is_submitted() and form.validate():
        try:
            drafts.checked(wired.shop, channel, draft)
        except Refused as refusal:
            problem = str(refusal)
        try:
            shown = trial.preview(wired, drafts.unsaved(channel, draft), person)
        except Refused as refusal:
            # It counts lines from the top of the layout; the first sentence counts those of the text.
            problem = problem or str(refusal)
    elif form.is_submitted():
        problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
    width = "desk" if request.form.get("width") == "desk" else "phone"
    values = {"row": drafts.unsaved(channel, draft), "preview": shown, "problem": problem, "person": person}
    frame = render("newsletters/frame.html", **values, width=width, asked=form.is_submitted())
    return frame, 200, {"Content-Security-Policy": FRAME_POLICY}


@bp.get("/newsletters/readers")
@permission("newsletters.edit")
def newsletter_readers() -> ResponseReturnValue:
    """People to choose from, for the form's search while it is typed into."""
    return page("newsletters/_readers.html", **_readers(request.args))


def _searching() -> bool:
    """Whether the button of the search for a person was pressed: nothing is saved then."""
    return "find" in request.form


def _deleted_meanwhile() -> ResponseReturnValue:
    """A text that was written into a newsletter somebody has deleted is offered as a new one."""
    if request.method != "POST":
        raise writing.gone()
    form, asked = NewsletterForm(), request.form.get("channel", "")
    sentence = _("Somebody has deleted this newsletter meanwhile. Your text is still here: save it as a new one.")
    form.refuse(Refused(sentence, status=404))
    return _form(form, asked if asked in writing.channels(plugin()) else "email")


def _form(form: NewsletterForm, channel: str, row: Newsletter | None = None) -> ResponseReturnValue:
    wired, theirs, writer = plugin(), None, ""
    if row is not None and form.status == 409:
        theirs, writer = row, writing.last_writer(wired.session, row)
        form.edition.data = str(row.edition)
    added = trial.added_to_sms(wired, form.language.data) if channel == "sms" else ""
    body = (form.body.data or "").replace("\r\n", "\n")
    action, back = url_for(".add_newsletter", channel=channel), url_for(".newsletters", channel=channel)
    if row is not None:
        action, back = (url_for(name, newsletter_id=row.id) for name in (".edit_newsletter", ".newsletter"))
    return page(
        "newsletters/form.html",
        form=form,
        row=row,
        channel=channel,
        variables=variables.on_offer(wired.shop),
        added=added,
        counted=measure(body + added),
        theirs=theirs,
        writer=writer,
        own_sender=wired.settings.twilio_sender,
        action=action,
        back=back,
        width="desk" if request.form.get("width") == "desk" else "phone",
        **_readers(request.form),
    )


def _readers(given: Any) -> dict[str, Any]:
    """The person a preview is with, and those found to choose from."""
    typed = given.get("who", "").strip()
    return {"person": readers.chosen(given.get("person", "")), "who": typed, "found": readers.found(typed)}
