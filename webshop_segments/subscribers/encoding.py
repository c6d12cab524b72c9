"""Which encoding a file of text is in: UTF-8, UTF-16 or Windows-1252; what is no text is refused."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from ..errors import Refused
from ..i18n import _

_HEAD = 4096
_PIECE = 256 * 1024
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""UTF-32 first: its mark begins with that of UTF-16."""
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

_NO_TEXT = [bytes([code]) for code in range(32) if code not in b"\t\n\v\f\r"]
"""Control characters: text holds none of them, or one by mistake."""


def encoding_of(file: BinaryIO) -> str:
    """The codec to read a file with; reads it once, a piece at a time.

    :raises Refused: for an empty file, a workbook, and what is no text.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if not head.strip():
        raise Refused(_("The file is empty."), field="file")
    if head.startswith(_EXCEL):
        raise Refused(
            _("This is an Excel workbook. Open it, save it as “CSV UTF-8” and upload that file."), field="file"
        )
    for mark, codec in _MARKS.items():
        if head.startswith(mark):
            return codec
    if sum(head.count(sign) for sign in _NO_TEXT) * 10 > len(head):
        return _utf_16(head)
    return "utf-8" if _is_utf_8(file) else "cp1252"


def _utf_16(head: bytes) -> str:
    """Latin text in UTF-16 without a mark: every second byte is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if min(even, odd) * 4 > max(even, odd) or max(even, odd) * 4 < len(head):
        raise Refused(_("This is no text file. Upload a CSV file."), field="file")
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf_8(file: BinaryIO) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
