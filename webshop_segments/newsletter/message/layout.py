"""What stands around a newsletter's body: preheader, imprint, the unsubscribe note. Frozen with each dispatch."""

from __future__ import annotations

from markupsafe import Markup, escape

from ...i18n import _, in_language, render
from ...settings import Settings
from ..models import Newsletter
from . import browser_link, template
from .compiled import CONTENT

UNSUBSCRIBE_URL = "{{ wss_unsubscribe_url }}"
BROWSER_URL = f"{{{{ {browser_link.VARIABLE} }}}}"


def frozen(settings: Settings, newsletter: Newsletter) -> tuple[str, str]:
    """The layout in HTML (empty for SMS) and text: Liquid templates in which settings are plain text.

    Without the note an e-mail still ends in the link it speaks of; a text message always says how to stop (T10).
    """
    values = {
        "content": CONTENT,
        "unsubscribe_url": UNSUBSCRIBE_URL,
        "shop_url": settings.public_url,
        "language": newsletter.language or settings.default_locale,
        "with_note": newsletter.with_note,
        "browser_url": BROWSER_URL,
    }
    typed = {"shop_name": settings.shop_name, "imprint": settings.imprint, "preheader": newsletter.preheader}
    in_text = {name: template.literally(text) for name, text in typed.items()}
    in_html = {name: Markup(template.literally(escape(text))) for name, text in typed.items()}
    with in_language(newsletter.language, settings.default_locale):
        if newsletter.channel != "email":
            note = _("%(shop)s. Stop: %(url)s", shop=in_text["shop_name"], url=UNSUBSCRIBE_URL)
            return "", f"{CONTENT}\n{note}"
        html = render("email/newsletter/body.html", **values, **in_html)
        return html, render("email/newsletter/body.txt", **values, **in_text)
