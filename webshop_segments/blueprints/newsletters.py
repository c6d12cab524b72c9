"""Online Marketing → Newsletters: written, previewed, tried, copied, deleted (W40, W41, W45)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from ..directory import people
from ..directory.people import Person, PersonKey
from ..errors import Refused
from ..i18n import LANGUAGES, _, lazy_gettext
from ..newsletter import dispatches, trial
from ..newsletter import newsletters as writing
from ..newsletter.message import layout, variables
from ..newsletter.message.compiled import CONTENT
from ..newsletter.models import Newsletter
from ..newsletter.newsletters import Draft
from ..plugin import plugin
from .admin import bp, done, page, refused
from .forms import Confirmation, Form
from .guard import actor, permission

LINK_LENGTH = 55
"""Of the token that ends an unsubscribe link."""


class NewsletterForm(Form):
    name = StringField(lazy_gettext("Name"), [Length(max=120)], render_kw={"maxlength": 120})
    subject = StringField(lazy_gettext("Subject"), [Length(max=255)], render_kw={"maxlength": 255})
    preheader = StringField(lazy_gettext("Preview line"), [Length(max=255)], render_kw={"maxlength": 255})
    language = SelectField(lazy_gettext("Subscription language"), [Optional()])
    reply_to = StringField(lazy_gettext("Reply to"), [Length(max=254)], render_kw={"maxlength": 254})
    body = TextAreaField(lazy_gettext("Text"), [Length(max=200_000)], render_kw={"rows": 16})
    edition = IntegerField(default=0, widget=HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = [("", _("all languages")), *LANGUAGES.items()]

    def draft(self) -> Draft:
        return Draft(
            name=self.name.data or "",
            subject=self.subject.data or "",
            preheader=self.preheader.data or "",
            language=self.language.data or None,
            reply_to=(self.reply_to.data or "").strip() or None,
            body=self.body.data or "",
        )


class TrialForm(Form):
    to = StringField(lazy_gettext("Send the trial to"), [InputRequired(), Length(max=254)])
    person = StringField(lazy_gettext("With the data of"), [Length(max=120)])


@bp.get("/newsletters")
@permission("newsletters.view")
def newsletters() -> ResponseReturnValue:
    channel = "sms" if request.args.get("channel") == "sms" else "email"
    session = plugin().session
    rows, total, before = writing.page(session, channel, request.args.get("before", type=int))
    sent = writing.last_sent(session, [row.id for row in rows])
    return page("newsletters/list.html", rows=rows, total=total, before=before, sent=sent, channel=channel)


@bp.route("/newsletters/add/<any(email, sms):channel>", methods=["GET", "POST"])
@permission("newsletters.edit")
def add_newsletter(channel: str) -> ResponseReturnValue:
    wired, form = plugin(), NewsletterForm()
    added = form.attempt(lambda: writing.add(wired.session, wired.shop, channel, form.draft(), actor()))
    if added is not None:
        return done(_("“%(name)s” was saved.", name=added.name), ".newsletter", newsletter_id=added.id)
    return _form(form, None, channel)


@bp.route("/newsletters/<int:newsletter_id>/edit", methods=["GET", "POST"])
@permission("newsletters.edit")
def edit_newsletter(newsletter_id: int) -> ResponseReturnValue:
    wired = plugin()
    row = writing.get(wired.session, newsletter_id)
    form, channel = NewsletterForm(obj=row), row.channel
    edition = form.edition.data or 0
    changed = form.attempt(lambda: writing.change(wired.session, wired.shop, row, form.draft(), edition, actor()))
    if changed is not None:
        return done(_("“%(name)s” was saved.", name=changed.name), ".newsletter", newsletter_id=newsletter_id)
    return _form(form, row, channel)


@bp.get("/newsletters/<int:newsletter_id>")
@permission("newsletters.view")
def newsletter(newsletter_id: int) -> ResponseReturnValue:
    wired = plugin()
    row = writing.get(wired.session, newsletter_id)
    person = _chosen_person(request.args.get("person", ""))
    try:
        shown, problem = trial.preview(wired, row, person), None
    except Refused as refusal:
        shown, problem = None, str(refusal)
    form = TrialForm(to=wired.settings.shop_email if row.channel == "email" else wired.settings.shop_phone)
    sendings = dispatches.of_newsletter(wired.session, newsletter_id)
    return page(
        "newsletters/show.html", form=form, row=row, preview=shown, problem=problem, sendings=sendings, person=person
    )


@bp.get("/newsletters/<int:newsletter_id>/preview")
@permission("newsletters.view")
def preview_newsletter(newsletter_id: int) -> ResponseReturnValue:
    """The HTML part alone, for the frame of the newsletter's page: nothing in it may run or load scripts."""
    row = writing.get(plugin().session, newsletter_id)
    shown = trial.preview(plugin(), row, _chosen_person(request.args.get("person", "")))
    policy = "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
    return shown.html, 200, {"Content-Security-Policy": policy}


@bp.post("/newsletters/<int:newsletter_id>/trial")
@permission("newsletters.edit")
def send_trial(newsletter_id: int) -> ResponseReturnValue:
    wired, form = plugin(), TrialForm()
    row = writing.get(wired.session, newsletter_id)
    person = _chosen_person(form.person.data or "")
    to = form.attempt(lambda: trial.send(wired.session, wired, row, person, form.to.data or "", actor()))
    if to is not None:
        return done(_("A trial is on its way to %(address)s.", address=to), ".newsletter", newsletter_id=newsletter_id)
    shown = trial.preview(wired, row, person)
    sendings = dispatches.of_newsletter(wired.session, newsletter_id)
    return page(
        "newsletters/show.html", form=form, row=row, preview=shown, problem=None, sendings=sendings, person=person
    )


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
    return page("newsletters/delete.html", form=form, row=row)


def _form(form: NewsletterForm, row: Newsletter | None, channel: str) -> ResponseReturnValue:
    back = url_for(".newsletter", newsletter_id=row.id) if row else url_for(".newsletters", channel=channel)
    offered, added = variables.names(plugin().shop), _added_to_sms(form.language.data) if channel == "sms" else ""
    return page("newsletters/form.html", form=form, row=row, channel=channel, variables=offered, added=added, back=back)


def _added_to_sms(language: str | None) -> str:
    """What follows an SMS's own text, with a link as long as a real one."""
    settings = plugin().settings
    _html, text = layout.frozen(settings, Newsletter(channel="sms", language=language, preheader=""))
    link = f"{settings.public_url}{settings.url_prefix}/u/{'x' * LINK_LENGTH}"
    return text.replace(CONTENT, "").replace(layout.UNSUBSCRIBE_URL, link)


def example() -> Person:
    """A made-up person, who has a value for every variable."""
    facts = variables.examples(plugin().shop)
    return Person(
        PersonKey("example", ""), facts["email"], facts["phone"], facts["first_name"], facts["last_name"],
        None, True, True, True, facts["company"], facts,
    )  # fmt: skip


def _chosen_person(chosen: str) -> Person:
    """The person whose data a preview shows: "contact:17", or a made-up one."""
    kind, _separator, ref = chosen.partition(":")
    wired = plugin()
    found = people.get(wired.session, wired.shop, PersonKey(kind, ref)) if ref else None
    return found if found is not None and wired.access.can("personal_data.view") else example()
