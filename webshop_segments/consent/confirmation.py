"""Double opt-in: the one message that asks an address to confirm, a link by e-mail or a code by SMS."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ..directory.people import Person
from ..i18n import _, in_language, language, render
from ..keys import Keys
from ..notices import queue
from ..settings import Settings
from . import tokens
from .choices import CODE_LIFE, REQUEST_LIFE
from .models import ConsentRecord
from .versions import text_in

KIND = "confirmation"


def had_enough(session: Session, address_key: str) -> bool:
    """Whether this address was asked often enough today (C12): a further request would only void the links it has."""
    return queue.had_enough(session, KIND, address_key)


def ask(session: Session, keys: Keys, settings: Settings, requested: ConsentRecord, person: Person) -> None:
    """Queue the confirmation of a request (flushes); a permission to call is confirmed by hand (C13)."""
    evidence = requested.evidence
    if requested.channel == "phone" or evidence is None or evidence.address is None or evidence.address_key is None:
        return
    with in_language(requested.language, settings.default_locale):
        if requested.channel == "email":
            _mail(session, keys, settings, requested, person, evidence.address, evidence.address_key)
        else:
            _code(session, keys, settings, requested, evidence.address, evidence.address_key)


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
    text = text_in(requested.version, requested.language or "", settings.default_locale)
    subject = _("Please confirm: newsletter of %(shop)s", shop=settings.shop_name)
    content = {
        "subject": subject,
        "language": language(),
        "shop_name": settings.shop_name,
        "imprint": settings.imprint,
        "name": person.first_name,
        "url": f"{settings.public_url}{settings.url_prefix}/c/{tokens.confirmation_token(keys, requested.id)}",
        "days": REQUEST_LIFE.days,
        "text": text,
        "label": text.labels["email"],
    }
    queue.queue(
        session,
        KIND,
        "email",
        address,
        address_key,
        subject=subject,
        text=render("email/confirmation/body.txt", **content),
        html=render("email/confirmation/body.html", **content),
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
