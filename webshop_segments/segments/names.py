"""Names of segments: what is allowed, when two are the same, and how they sort (W1, W2)."""

from __future__ import annotations

import struct
import unicodedata
from functools import cache

from pyuca import Collator

from ..errors import Refused
from ..i18n import _
from .models import NAME_LENGTH

_FORBIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiner: format characters that Persian and emoji need."""


def clean(name: str) -> str:
    """The name as it is stored: NFKC, trimmed, spaces collapsed.

    :raises Refused: when empty, too long or holding control or direction characters.
    """
    if any(unicodedata.category(char) in _FORBIDDEN and char not in _JOINERS for char in name.strip()):
        raise Refused(_("The name contains invisible control characters. Type it again by hand."), field="name")
    cleaned = " ".join(unicodedata.normalize("NFKC", name).split())
    if not cleaned.strip(_JOINERS):
        raise Refused(_("Enter a name first."), field="name")
    if len(cleaned) > NAME_LENGTH:
        raise Refused(
            _("The name has %(length)s characters; %(most)s is the most.", length=len(cleaned), most=NAME_LENGTH),
            field="name",
        )
    return cleaned


def name_key(cleaned: str) -> str:
    """Equal for names that count as the same."""
    return unicodedata.normalize("NFKC", cleaned.casefold())


def sort_key(cleaned: str) -> bytes:
    """The root Unicode collation's key as bytes, which every database compares alike."""
    weights = _collator().sort_key(cleaned)
    return struct.pack(f">{len(weights)}H", *weights)


@cache
def _collator() -> Collator:
    return Collator()
