"""What an administrator writes into a newsletter's form, and what of it is refused (W41)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass, fields

from ..directory.addresses import normalise
from ..errors import Refused
from ..i18n import _
from ..shop import Shop
from . import sms_parts
from .message import template, variables
from .models import Newsletter

_TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_MARKS = "\u061c\u200e\u200f"
_SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form holds. ``sender`` is an SMS's; empty stands for the channel's own."""

    name: str
    body: str
    subject: str = ""
    language: str | None = None
    reply_to: str | None = None
    preheader: str = ""
    with_note: bool = True
    sender: str = ""


def of(newsletter: Newsletter) -> Draft:
    """What a newsletter holds now."""
    return Draft(**{field.name: getattr(newsletter, field.name) for field in fields(Draft)})


def unsaved(channel: str, draft: Draft) -> Newsletter:
    """A newsletter that is in no session, to be looked at."""
    return Newsletter(channel=channel, **asdict(draft))


def checked(shop: Shop, channel: str, draft: Draft) -> Draft:
    """The draft as it is stored.

    :raises Refused: for a name, sender, subject or text that could not be sent, naming the field.
    """
    tidy = Draft(
        name=draft.name.strip(),
        body=draft.body.replace("\r\n", "\n"),
        subject=draft.subject.strip(),
        language=draft.language or None,
        reply_to=(draft.reply_to or "").strip() or None,
        preheader=draft.preheader.strip(),
        with_note=draft.with_note,
        sender=_sender(draft.sender.strip()) if channel == "sms" else "",
    )
    if not tidy.name:
        raise Refused(_("Enter a name first."), field="name")
    for field in ("name", "subject", "preheader"):
        _check_line(getattr(tidy, field), field)
    _check_body(shop, channel, tidy.body)
    if channel == "email":
        _check_mail(shop, tidy)
    return tidy


def _check_line(value: str, field: str) -> None:
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in value):
        raise Refused(_("Control characters and line breaks are not allowed here."), field=field)
    if any(char in _MARKS or unicodedata.bidirectional(char) in _TURNING for char in value):
        sentence = _("An invisible character here turns the direction of the text. Type the line again by hand.")
        raise Refused(sentence, field=field)


def _check_body(shop: Shop, channel: str, body: str) -> None:
    if not body.strip():
        raise Refused(_("The text is empty. Write something first."), field="body")
    if any(char not in "\n\r\t" and unicodedata.category(char) in ("Cc", "Cs") for char in body):
        raise Refused(_("The text contains invisible control characters. Type that place again by hand."), field="body")
    _check_variables(shop, body, "body")
    if channel == "email":
        return
    length = len(template.render(template.parse(body, escape=False), variables.examples(shop)))
    if length > sms_parts.LONGEST:
        sentence = _("The text has %(length)s characters; %(most)s is the most.", length=length, most=sms_parts.LONGEST)
        raise Refused(sentence, field="body")


def _check_mail(shop: Shop, draft: Draft) -> None:
    if not draft.subject:
        raise Refused(_("Enter a subject: it is the first thing your readers see."), field="subject")
    if draft.subject.lower().startswith(("re:", "fwd:", "fw:", "aw:", "wg:")):
        raise Refused(
            _("A subject that pretends to be an answer (“Re:”) is treated as spam. Choose another one."),
            field="subject",
        )
    _check_variables(shop, draft.subject, "subject")
    if draft.reply_to:
        try:
            normalise("email", draft.reply_to, "")
        except Refused as refusal:
            raise Refused(str(refusal), field="reply_to") from None


def _check_variables(shop: Shop, source: str, field: str) -> None:
    """Each must be on offer, the partner's too: one that is not would be empty in every message."""
    known = variables.examples(shop)
    template.check(source, known, field=field)
    for root, *names in template.parse(source, escape=True, field=field).global_variable_segments():
        if root == "partner" and names and isinstance(names[0], str) and names[0] not in known["partner"]:
            name = f"partner.{names[0]}"
            sentence = _("“%(name)s” is no variable. The variables on offer are listed beside the text.", name=name)
            raise Refused(sentence, field=field)


def _sender(typed: str) -> str:
    """A name as phones can show it (3GPP TS 23.040, 9.1.2.5), of the characters Twilio takes; or a number in E.164."""
    if not typed or _SENDER_NAME.fullmatch(typed):
        return typed
    try:
        return normalise("phone", typed, "ZZ")
    except Refused:
        raise Refused(
            _(
                "“%(sender)s” is no sender. Write a name of at most 11 letters and digits without umlauts, or a number "
                "with country code, for example +49 151 23456789.",
                sender=typed,
            ),
            field="sender",
        ) from None
