"""The plugin's own gettext domain, so that the host's translations stay the host's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask_babel import Domain, force_locale, get_locale

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages the plugin's pages are complete in, each in its own name."""

domain = Domain([str(Path(__file__).parent / "translations")], "webshop_segments")

_ = gettext = domain.gettext
ngettext = domain.ngettext
lazy_gettext = domain.lazy_gettext


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
