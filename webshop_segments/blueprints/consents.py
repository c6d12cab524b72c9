"""Settings → Content → Consents: versions listed and published (W20, W21, W25)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from wtforms import FieldList, FormField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from ..consent import default_text, versions
from ..consent.models import ConsentVersion
from ..consent.versions import Wording
from ..directory.addresses import CHANNELS
from ..errors import Refused
from ..i18n import LANGUAGES, _, lazy_gettext
from ..plugin import plugin
from . import words
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
    channels = SelectMultipleField(
        lazy_gettext("Channels"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    controller = StringField(lazy_gettext("Who writes"), [InputRequired(), Length(max=255)])
    texts = FieldList(FormField(TextForm))
    change = RadioField(lazy_gettext("Kind of change"), default=versions.EDITORIAL)
    removed = RadioField(lazy_gettext("Consents given for a removed channel"), default="keep")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channels.choices = [(channel, words.channel(channel)) for channel in CHANNELS]
        self.change.choices = [
            (versions.EDITORIAL, _("Editorial: the meaning is the same, consents given before stay valid")),
            (versions.MATERIAL, _("Material: everybody is asked again, until then earlier consents do not count")),
        ]
        self.removed.choices = [("keep", _("stay valid until withdrawn")), ("end", _("end now"))]

    def wordings(self) -> list[Wording]:
        return [
            Wording(
                text["language"],
                text["statement"] or "",
                text["withdrawal"] or "",
                text["privacy_url"] or "",
                {channel: text[f"label_{channel}"] or "" for channel in self.channels.data or ()},
            )
            for text in self.texts.data
            if text["language"] in LANGUAGES
        ]


@bp.get("/consents")
@permission("consents.view")
def consents() -> ResponseReturnValue:
    session = plugin().session
    return page("consents/list.html", versions=versions.all_versions(session), accepted=versions.accepted(session))


@bp.get("/consents/<int:number>")
@permission("consents.view")
def consent_version(number: int) -> ResponseReturnValue:
    session = plugin().session
    version = versions.numbered(session, number)
    if version is None:
        raise Refused(_("There is no version %(number)s.", number=number), status=404)
    return page("consents/show.html", version=version, accepted=versions.accepted(session))


@bp.route("/consents/publish", methods=["GET", "POST"])
@permission("consents.publish")
def publish_consent() -> ResponseReturnValue:
    session = plugin().session
    current = versions.current(session)
    form = VersionForm() if request.method == "POST" else VersionForm(data=_start(current))
    published = form.attempt(
        lambda: versions.publish(
            session,
            channels=form.channels.data or [],
            wordings=form.wordings(),
            controller=form.controller.data or "",
            change=form.change.data,
            end_removed=form.removed.data == "end",
            by=actor(),
        )
    )
    if published is not None:
        return done(_("Version %(number)s is published.", number=published.number), ".consents")
    held = versions.held(session)
    return page("consents/form.html", form=form, current=current, held=held, back=url_for(".consents"))


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
    }
