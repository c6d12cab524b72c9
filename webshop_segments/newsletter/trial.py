"""Previews and trials: a newsletter as one chosen person would see it (W45)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ..access import Actor
from ..administration import audit
from ..directory.addresses import address
from ..directory.people import Person
from ..i18n import _
from ..notices.queue import queue
from ..plugin import Plugin
from . import sender
from .message import layout
from .message.compiled import CompiledMessage, Recipient
from .models import Dispatch, Newsletter


@dataclass(frozen=True, slots=True)
class Preview:
    """One message, rendered; ``html`` is empty for SMS."""

    subject: str
    text: str
    html: str


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
    return Preview(*compiled.preview(Recipient(0, person.email or "", person, None)))


def send(session: Session, plugin: Plugin, newsletter: Newsletter, person: Person, to: str, by: Actor) -> str:
    """Queue one trial to any address (flushes): no consent needed, no counter touched, its link inert.

    :returns: the normalised address.
    :raises Refused: for an address that cannot be reached, or a text that cannot be rendered.
    """
    shown = preview(plugin, newsletter, person)
    goal = address(plugin.keys, newsletter.channel, to, plugin.settings.default_country)
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
