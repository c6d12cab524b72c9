"""What stands around a newsletter's body: preheader, imprint, the unsubscribe note. Frozen with each dispatch."""

from __future__ import annotations

from flask import render_template

from ..i18n import _, in_language
from ..settings import Settings
from . import template
from .message import CONTENT
from .models import Newsletter

UNSUBSCRIBE_URL = "{{ wss_unsubscribe_url }}"


def frozen(settings: Settings, newsletter: Newsletter) -> tuple[str, str]:
    """The layout in HTML (empty for SMS) and text: Liquid templates in which settings are plain text."""
    values = {
        "content": CONTENT,
        "unsubscribe_url": UNSUBSCRIBE_URL,
        "shop_name": template.literally(settings.shop_name),
        "shop_url": settings.public_url,
        "imprint": template.literally(settings.imprint),
        "preheader": newsletter.preheader,
        "language": newsletter.language or settings.default_locale,
    }
    with in_language(newsletter.language, settings.default_locale):
        if newsletter.channel != "email":
            note = _("%(shop)s. Stop: %(url)s", shop=values["shop_name"], url=UNSUBSCRIBE_URL)
            return "", f"{CONTENT}\n{note}"
        folder = "webshop_segments/email/newsletter"
        return render_template(f"{folder}/body.html", **values), render_template(f"{folder}/body.txt", **values)
