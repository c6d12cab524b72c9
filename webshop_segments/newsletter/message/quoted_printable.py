"""Quoted-printable (RFC 2045, 6.7) by the piece, so that encoded pieces can be put together in any order."""

from __future__ import annotations

import re
from functools import lru_cache

_PLAIN = re.compile(rb"[\t -<>-~]+")
_UNSAFE = re.compile(rb"[^\t\n -<>-~]")
_LINE = re.compile(rb"(?:\..{0,72}|[^.\n].{0,74})(?<!=)(?<!=.)\n?|\n")
"""As much as a line holds, its leading dot counted as three characters; it never ends within an ``=XX``."""
_LONGEST_LINE = 75


@lru_cache(maxsize=256)
def encode(text: str) -> bytes:
    """Complete lines of at most 76 characters, seven bits wide, every line end CRLF.

    The last one ends in a soft line break unless the text ends there in a line end of its own, so whatever follows
    begins a line. No line begins with a dot: nothing needs to be doubled for SMTP (RFC 5321, 4.5.2).

    :param text: with ``\\n`` as its only line end.
    """
    data = text.encode()
    if not _PLAIN.fullmatch(data):
        data = _UNSAFE.sub(_hex, data).replace(b" \n", b"=20\n").replace(b"\t\n", b"=09\n")
    elif len(data) <= _LONGEST_LINE and not data.startswith(b"."):
        return data + b"=\r\n"
    lines = b"\n" + b"=\n".join([*_LINE.findall(data), b""])
    return lines.replace(b"\n=\n", b"\n").replace(b"\n.", b"\n=2E").replace(b"\n", b"\r\n")[2:]


def _hex(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % ord(match.group())
