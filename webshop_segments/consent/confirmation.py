"""Double opt-in: the one message that asks an address to confirm, a link by e-mail or a code by SMS."""

from __future__ import annotations

from flask import render_template
from sqlalchemy.orm import Session

from ..directory.people import Person
from ..i18n import _, in_language
from ..keys import Keys
from ..notices import queue
from ..settings import Settings
from . import tokens
from .choices import CODE_LIFE, REQUEST_LIFE
from .models import ConsentRecord
from .versions import text_in

KIND = "confirmation"


def ask(session: Session, keys: Keys, settings: Settings, requested: ConsentRecord, person: Person) -> bool:
    """Queue the confirmation of a request (flushes); False when this address had its share for today (C12)."""
    evidence = requested.evidence
    if evidence is None or evidence.address is None or evidence.address_key is None:
        return False
    if requested.channel == "phone" or queue.had_enough(session, KIND, evidence.address_key):
        return False
    with in_language(requested.language, settings.default_locale):
        if requested.channel == "email":
            _mail(session, keys, settings, requested, person, evidence.address, evidence.address_key)
        else:
            _code(session, keys, settings, requested, evidence.address, evidence.address_key)
    return True


def _mail(
    session: Session,
    keys: Keys,
    settings: Settings,
    requested: ConsentRecord,
    person: Person,
    address: str,
    address_key: str,
) -> None:
    assert requested.version is not None
    content = {
        "shop_name": settings.shop_name,
        "imprint": settings.imprint,
        "name": person.first_name,
        "url": f"{settings.public_url}{settings.url_prefix}/c/{tokens.confirmation_token(keys, requested.id)}",
        "days": REQUEST_LIFE.days,
        "text": text_in(requested.version, requested.language or "", settings.default_locale),
    }
    folder = "webshop_segments/email/confirmation"
    queue.queue(
        session,
        KIND,
        "email",
        address,
        address_key,
        subject=_("Please confirm: newsletter of %(shop)s", shop=settings.shop_name),
        text=render_template(f"{folder}/body.txt", **content),
        html=render_template(f"{folder}/body.html", **content),
    )


def _code(
    session: Session, keys: Keys, settings: Settings, requested: ConsentRecord, address: str, address_key: str
) -> None:
    text = _(
        "%(code)s is your code to confirm messages from %(shop)s. It is valid for %(minutes)s minutes.",
        code=tokens.code(keys, requested.id),
        shop=settings.shop_name,
        minutes=int(CODE_LIFE.total_seconds() // 60),
    )
    queue.queue(session, KIND, requested.channel, address, address_key, text=text)
