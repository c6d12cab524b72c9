"""Previews and trials: a newsletter as one chosen person would see it (W45)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ..access import Actor
from ..administration import audit
from ..consent import tokens
from ..directory.addresses import address
from ..directory.people import CONTACT, SUBSCRIBER, Person, PersonKey
from ..errors import Refused
from ..i18n import _
from ..notices.queue import queue
from ..plugin import Plugin
from . import sender
from .drafts import Draft, unsaved
from .message import layout
from .message.compiled import CONTENT, CompiledMessage, Recipient
from .models import Dispatch, Newsletter
from .sms_parts import Measure, measure

_SOMEBODY = PersonKey(CONTACT, "123456")


@dataclass(frozen=True, slots=True)
class Preview:
    """One message, rendered; ``html`` is empty for SMS, and only an SMS is counted (``measure``)."""

    subject: str
    text: str
    html: str
    measure: Measure | None = None


def preview(plugin: Plugin, newsletter: Newsletter, person: Person) -> Preview:
    """:raises Refused: when the newsletter cannot be rendered."""
    html, text = layout.frozen(plugin.settings, newsletter)
    name, sender_address = _sender(plugin, newsletter.channel)
    draft = Dispatch(
        id=0,
        request_key="preview",
        channel=newsletter.channel,
        subject=newsletter.subject,
        body=newsletter.body,
        layout_html=html,
        layout_text=text,
        reply_to=newsletter.reply_to,
        sender_name=name,
        sender_address=sender_address,
    )
    compiled = CompiledMessage(draft, plugin.keys, plugin.settings)
    recipient = Recipient(0, person.email or "", person, None)
    subject, text, page = compiled.preview(recipient)
    if newsletter.channel != "sms":
        return Preview(subject, text, page)
    inert = compiled.unsubscribe_url(recipient)
    return Preview(subject, text, page, measure(text.replace(inert, link_like(plugin, person.key))))


def link_like(plugin: Plugin, key: PersonKey = _SOMEBODY) -> str:
    """An unsubscribe link of an SMS, as long as the person's own, that leads nowhere."""
    somebody = key if key.kind in (CONTACT, SUBSCRIBER) else _SOMEBODY
    token = tokens.unsubscribe_token(plugin.keys, tokens.Link(somebody, "sms", "00" * 16))
    return f"{plugin.settings.public_url}{plugin.settings.url_prefix}/u/{'x' * len(token)}"


def added_to_sms(plugin: Plugin, language: str | None) -> str:
    """What follows an SMS's own text."""
    _html, text = layout.frozen(plugin.settings, unsaved("sms", Draft(name="", body="", language=language)))
    return text.replace(CONTENT, "").replace(layout.UNSUBSCRIBE_URL, link_like(plugin))


def send(session: Session, plugin: Plugin, newsletter: Newsletter, person: Person, to: str, by: Actor) -> str:
    """Queue one trial to any address (flushes): no consent needed, no counter touched, its link inert.

    :returns: the normalised address.
    :raises Refused: for an address that cannot be reached, or a text that cannot be rendered.
    """
    if newsletter.channel not in plugin.channels:
        raise Refused(_("No trial can leave: this channel is not set up. The settings WSS_TWILIO_* are missing."))
    shown = preview(plugin, newsletter, person)
    try:
        goal = address(plugin.keys, newsletter.channel, to, plugin.settings.default_country)
    except Refused as refusal:
        raise Refused(str(refusal), field="to") from None
    queue(
        session,
        "trial",
        newsletter.channel,
        goal.normal,
        goal.key,
        subject=_("[Trial] %(subject)s", subject=shown.subject),
        text=shown.text if newsletter.channel == "email" else _("[Trial] %(subject)s", subject=shown.text),
        html=shown.html or None,
    )
    audit.record(session, by, "newsletter.trial_sent", "newsletter", newsletter.id, newsletter.name)
    return goal.normal


def _sender(plugin: Plugin, channel: str) -> tuple[str, str]:
    return sender.of_channel(plugin, channel) if channel in plugin.channels else ("", "preview@localhost")
