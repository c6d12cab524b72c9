"""The German catalog, and every text as a fresh extraction finds it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from tests.support.source import PROJECT

TRANSLATIONS = PROJECT / "webshop_segments" / "translations"
PO = TRANSLATIONS / "de" / "LC_MESSAGES" / "webshop_segments.po"
MO = PO.with_suffix(".mo")
AGAIN = "run: make translations, and translate what it reports"


@cache
def german() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="de", domain="webshop_segments")


@cache
def extracted() -> Catalog:
    """What `make translations` would gather now."""
    with TemporaryDirectory() as folder:
        pot = Path(folder) / "webshop_segments.pot"
        mapping, keywords = f"--mapping={TRANSLATIONS / 'babel.cfg'}", "--keywords=lazy_gettext"
        CommandLineInterface().run(
            ["pybabel", "--quiet", "extract", mapping, keywords, f"--output={pot}", str(PROJECT)]
        )
        with pot.open("rb") as file:
            return read_po(file)


def messages(catalog: Catalog) -> list[Message]:
    """All but the header."""
    return [message for message in catalog if message.id]


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    """Singular and plural, or the one form there is."""
    return [text] if isinstance(text, str) else list(text)
