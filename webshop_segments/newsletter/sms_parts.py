"""How many parts a text message has: GSM 03.38 in 7 bits where it can be, UCS-2 where it must (T07)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 1600
"""Characters the provider takes in one message, whatever the number of its parts."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
"""These take two places, of which none may be torn from the other."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A text as the network counts it.

    ``characters``: Unicode code points; ``left``: places free in the last part; ``foreign``: the characters GSM 03.38
    does not have, each once: they are why the text needs the longer encoding.
    """

    characters: int
    encoding: str
    parts: int
    left: int
    foreign: str


def measure(text: str) -> Measure:
    """Count a text as it leaves: 160 places in one part of 7-bit text, 153 in each of several; 70 and 67 in UCS-2."""
    text = text.replace("\r\n", "\n")
    foreign = "".join(dict.fromkeys(sign for sign in text if sign not in _BASIC and sign not in _EXTENSION))
    if foreign:
        # A character beyond the basic plane is a pair of UTF-16 units, torn apart by no part's end.
        return _measured(text, "UCS-2", (1 + (sign > "\uffff") for sign in text), 70, 67, foreign)
    return _measured(text, "GSM-7", (1 + (sign in _EXTENSION) for sign in text), 160, 153, foreign)


def _measured(text: str, encoding: str, widths: Iterable[int], alone: int, each: int, foreign: str) -> Measure:
    parts, used, whole = 1, 0, 0
    for width in widths:
        whole += width
        if used + width > each:
            parts, used = parts + 1, 0
        used += width
    if whole <= alone:
        return Measure(len(text), encoding, 1, alone - whole, foreign)
    return Measure(len(text), encoding, parts, each - used, foreign)
