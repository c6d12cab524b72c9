"""A provider's own words, made fit for a column and a page."""

from __future__ import annotations

import unicodedata

LONGEST = 255


def in_plain_words(said: str | bytes) -> str:
    """One line of at most 255 characters, without control characters; what is no UTF-8 shows as �."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    seen = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") else sign for sign in text)
    return " ".join(seen.split())[:LONGEST]
