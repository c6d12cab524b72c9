"""The plugin's own gettext domain, so that the host's translations stay the host's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import render_template
from flask_babel import Domain, force_locale, get_locale

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages the plugin's pages are complete in, each in its own name."""

domain = Domain([str(Path(__file__).parent / "translations")], "webshop_segments")

lazy_gettext = domain.lazy_gettext


def gettext(string: str, **variables: Any) -> str:
    """A sentence in the current language."""
    return str(domain.gettext(string, **variables))


def ngettext(singular: str, plural: str, num: int, **variables: Any) -> str:
    """A sentence about ``num`` things in the current language."""
    return str(domain.ngettext(singular, plural, num, **variables))


_ = gettext


def language() -> str:
    """The two-letter language of the current request or job."""
    locale = get_locale()
    return locale.language if locale is not None else "en"


@contextmanager
def in_language(code: str | None, default: str) -> Iterator[None]:
    """Translate a block for its reader; unknown languages fall back to the default."""
    wanted = (code or default).replace("-", "_").split("_")[0].lower()
    with force_locale(wanted if wanted in LANGUAGES else default):
        yield


def template_names() -> dict[str, Any]:
    """What our templates translate with, in place of the host's names."""
    return {"_": gettext, "gettext": gettext, "ngettext": ngettext}


def render(template: str, **values: Any) -> str:
    """One of our templates, translated through our catalog wherever it is rendered."""
    return render_template(f"webshop_segments/{template}", **template_names(), **values)
