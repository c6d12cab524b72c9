"""Settings → Content → Consents: versions listed, read, compared and published (W20, W21, W25)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from wtforms import FieldList, FormField, HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from ..consent import comparison, default_text, prospect, versions
from ..consent.models import ConsentVersion
from ..consent.wording import Wording
from ..directory.addresses import CHANNELS
from ..errors import Refused
from ..i18n import LANGUAGES, _, lazy_gettext
from ..plugin import plugin
from . import consent_preview, words
from .admin import bp, done, page
from .forms import Form
from .guard import actor, permission


class TextForm(PlainForm):
    """One language's wording; a channel's words are in ``label_<channel>``."""

    language = StringField()
    statement = TextAreaField(lazy_gettext("What the person agrees to"), [Length(max=4000)], render_kw={"rows": 3})
    withdrawal = TextAreaField(lazy_gettext("How to withdraw"), [Length(max=4000)], render_kw={"rows": 3})
    privacy_url = StringField(lazy_gettext("Address of the privacy notice"), [Length(max=500)])
    label_email = StringField(lazy_gettext("Beside the box for e-mail"), [Length(max=120)])
    label_sms = StringField(lazy_gettext("Beside the box for SMS"), [Length(max=120)])
    label_whatsapp = StringField(lazy_gettext("Beside the box for WhatsApp"), [Length(max=120)])
    label_phone = StringField(lazy_gettext("Beside the box for phone calls"), [Length(max=120)])


class VersionForm(Form):
    """A version to be; ``after`` is the number of the one its author started from."""

    channels = SelectMultipleField(
        lazy_gettext("Channels"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    controller = StringField(lazy_gettext("Who writes"), [InputRequired(), Length(max=255)])
    texts = FieldList(FormField(TextForm), max_entries=len(LANGUAGES))
    change = RadioField(lazy_gettext("Kind of change"), default=versions.EDITORIAL)
    removed = RadioField(lazy_gettext("Consents given for a removed channel"), validate_choice=False)
    after = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channels.choices = [(channel, words.channel(channel)) for channel in CHANNELS]
        self.change.choices = [
            (versions.EDITORIAL, _("Editorial: the meaning is the same, consents given before stay valid")),
            (versions.MATERIAL, _("Material: everybody is asked again, until then earlier consents do not count")),
        ]
        self.removed.choices = [("keep", _("stay valid until withdrawn")), ("end", _("end now"))]

    @property
    def started_from(self) -> int:
        """The number posted, -1 for none that can be."""
        posted = str(self.after.data)
        return int(posted) if posted.isdecimal() and len(posted) < 10 else -1

    def content(self) -> dict[str, Any]:
        """What :func:`versions.draft` and :func:`versions.publish` ask for."""
        return {
            "channels": self.channels.data or [],
            "wordings": self._wordings(),
            "controller": self.controller.data or "",
            "change": self.change.data,
            "by": actor(),
        }

    def _wordings(self) -> list[Wording]:
        return [
            Wording(
                text["language"],
                text["statement"] or "",
                text["withdrawal"] or "",
                text["privacy_url"] or "",
                {channel: label for channel in CHANNELS if (label := text[f"label_{channel}"])},
            )
            for text in self.texts.data
            if text["language"] in LANGUAGES
        ]


@bp.get("/consents")
@permission("consents.view")
def consents() -> ResponseReturnValue:
    session = plugin().session
    return page("consents/list.html", versions=versions.all_versions(session), uptake=versions.uptake(session))


@bp.get("/consents/<int:number>")
@permission("consents.view")
def consent_version(number: int) -> ResponseReturnValue:
    session = plugin().session
    version = versions.numbered(session, number)
    if version is None:
        raise Refused(_("There is no version %(number)s.", number=number), status=404)
    before = versions.numbered(session, number - 1)
    return page(
        "consents/show.html",
        version=version,
        before=before,
        differences=comparison.differences(before, version) if before else [],
        samples=consent_preview.samples(version, before),
        uptake=versions.uptake(session),
    )


@bp.route("/consents/publish", methods=["GET", "POST"])
@permission("consents.publish")
def publish_consent() -> ResponseReturnValue:
    """The form, and from it the page that says what publishing would mean; nothing is published here."""
    current = versions.current(plugin().session)
    form = VersionForm() if request.method == "POST" else VersionForm(data=_start(current))
    if "edit" in request.form:
        return _form(form, current)
    version = form.attempt(lambda: _reviewed(form, current))
    return _review(form, version, current) if version is not None else _form(form, current)


@bp.post("/consents/publish/confirm")
@permission("consents.publish")
def confirm_consent() -> ResponseReturnValue:
    session, form = plugin().session, VersionForm()
    published = form.attempt(lambda: _published(form))
    if published is not None:
        return done(_("Version %(number)s is published.", number=published.number), ".consents")
    current = versions.current(session)
    if form.removed.errors:
        return _review(form, versions.draft(current, **form.content()), current)
    return _form(form, current)


def _reviewed(form: VersionForm, current: ConsentVersion | None) -> ConsentVersion:
    version = versions.draft(current, **form.content())
    if form.started_from != _number(current):
        raise versions.appeared_meanwhile(current)
    if current is not None:
        comparison.check(current, version)
    return version


def _published(form: VersionForm) -> ConsentVersion:
    session, content = plugin().session, form.content()
    current = versions.current(session)
    version = versions.draft(current, **content)
    ending = form.removed.data == "end" or version.change == versions.MATERIAL
    unsaid = form.started_from == _number(current) and not ending and form.removed.data != "keep"
    if unsaid and any(row.undecided for row in prospect.prospects(session, version)):
        raise Refused(_("Say what becomes of the consents given for a removed channel."), field="removed")
    return versions.publish(session, **content, end_removed=ending, after=form.started_from)


def _form(form: VersionForm, current: ConsentVersion | None) -> ResponseReturnValue:
    if form.status == 409:
        # Whoever has read that another version came meanwhile goes on from that one.
        form.after.data = str(_number(current))
    return page("consents/form.html", form=form, current=current, back=url_for(".consents"))


def _review(form: VersionForm, version: ConsentVersion, current: ConsentVersion | None) -> ResponseReturnValue:
    return page(
        "consents/review.html",
        form=form,
        version=version,
        current=current,
        prospects=prospect.prospects(plugin().session, version),
        differences=comparison.differences(current, version) if current else [],
        samples=consent_preview.samples(version, current),
    )


def _number(version: ConsentVersion | None) -> int:
    return version.number if version else 0


def _start(current: ConsentVersion | None) -> dict[str, Any]:
    """What the form begins with: the current version, or the wording the plugin proposes."""
    settings = plugin().settings
    proposed = default_text.default_wordings(settings.shop_name, f"{settings.public_url}/privacy")
    given = {text.language: text for text in current.texts} if current else {}
    texts = []
    for wording in proposed:
        text = given.get(wording.language, wording)
        labels = {f"label_{channel}": text.labels.get(channel, wording.labels[channel]) for channel in CHANNELS}
        fields = {name: getattr(text, name) for name in ("language", "statement", "withdrawal", "privacy_url")}
        texts.append(fields | labels)
    return {
        "channels": current.channels if current else ["email"],
        "controller": current.controller if current else settings.shop_name,
        "texts": texts,
        "change": versions.EDITORIAL,
        "after": str(_number(current)),
    }
