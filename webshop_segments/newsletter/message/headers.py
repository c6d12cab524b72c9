"""Header fields, seven bits wide: ASCII as it stands, anything else as encoded words (RFC 5322, RFC 2047)."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ...directory.addresses import normalise

_LONGEST_LINE = 78
_LONGEST_WORD = 60
"""With any field name before it, such a word still fits into a line."""
_ENCODED_BYTES = 39
"""So many bytes make an encoded word of 64 characters; 75 are allowed, and 76 in a line."""

_ATOM = r"[\w!#$%&'*+\-/=?^`{|}~]+"
_ATOMS = re.compile(rf"{_ATOM}(?: {_ATOM})*", re.ASCII)
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[\w.:\[\]-]+", re.ASCII)


@lru_cache(maxsize=256)
def unstructured(field: str, value: str) -> bytes:
    """An unstructured field, such as Subject; the value in :func:`one_line`."""
    words = value.split()
    plain = value.isascii() and all(len(word) <= _LONGEST_WORD for word in words)
    return _folded(field, words if plain else _encoded(value))


def mailbox(field: str, name: str, address: str) -> bytes:
    """A field of one mailbox, such as To; the name without anything that could end the line.

    :raises Refused: for an address that ASCII cannot hold.
    """
    name, address = one_line(name), ascii_address(address)
    return _folded(field, [*_phrase(name), f"<{address}>"] if name else [address])


def ascii_address(address: str) -> str:
    """An address as a header may hold it, its domain in A-labels.

    :raises Refused: where there is no such form.
    """
    return address if _ADDRESS.fullmatch(address) else normalise("email", address, "")


def one_line(text: str) -> str:
    """A value for a header: no control character, no line separator (E26; the standard library lets NUL through).

    The start of an encoded word is taken apart: decoded on the way, it would bring such characters back.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") else char for char in text)
    return " ".join(text.replace("=?", "= ?").split())


def _phrase(name: str) -> Iterable[str]:
    phrase = name if _ATOMS.fullmatch(name) else '"' + re.sub(r'([\\"])', r"\\\1", name) + '"'
    return [phrase] if phrase.isascii() and len(phrase) <= _LONGEST_WORD else _encoded(name)


def _encoded(value: str) -> Iterator[str]:
    data, start = value.encode(), 0
    while start < len(data):
        end = start + _ENCODED_BYTES
        while data[end : end + 1] and data[end] & 0xC0 == 0x80:
            end -= 1
        yield f"=?utf-8?b?{b64encode(data[start:end]).decode()}?="
        start = end


def _folded(field: str, words: Iterable[str]) -> bytes:
    lines = [f"{field}:"]
    for number, word in enumerate(words):
        if number and len(lines[-1]) + 1 + len(word) > _LONGEST_LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join([*lines, ""]).encode("ascii")
