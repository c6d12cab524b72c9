"""A message as its recipient sees it in the browser: the frozen content with her data of today (W51)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ..consent.tokens import Link
from ..directory import people
from ..directory.people import PersonKey
from ..errors import Refused
from ..i18n import _
from ..plugin import Plugin
from .message import browser_link
from .message.compiled import CompiledMessage, Recipient
from .models import Delivery, Dispatch


def message(session: Session, plugin: Plugin, token: str) -> tuple[str, str]:
    """HTML (empty where there is none) and text behind the link of a message.

    :raises Refused: with a sentence for the reader when there is nothing to show (any more).
    """
    named = browser_link.read(plugin.keys, token)
    if named is None and browser_link.is_inert(plugin.keys, token):
        sentence = _("This link comes from a trial or control copy. In your customers' messages it shows the message.")
        raise Refused(sentence, status=200)
    if named is None:
        raise Refused(_("This link cannot be read. Perhaps your mail program has cut it."), status=404)
    delivery, dispatch = session.get(Delivery, named), session.get(Dispatch, named[0])
    key = PersonKey(delivery.person_kind, delivery.person_ref) if delivery is not None else None
    person = people.get(session, plugin.shop, key) if key is not None and key.ref else None
    if dispatch is None or delivery is None or key is None or person is None:
        raise Refused(
            _("This message can no longer be shown: the data of the person it was for has been erased."), status=410
        )
    link = Link(key, dispatch.channel, delivery.address_key)
    compiled = CompiledMessage(dispatch, plugin.keys, plugin.settings)
    _subject, text, html = compiled.preview(Recipient(delivery.number, delivery.address, person, link))
    return html, text
