"""A CSV file as records, read in pieces: comma, semicolon or tab, quoted cells, line ends of any system (RFC 4180)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ..errors import Refused
from ..i18n import _
from . import columns
from .encoding import encoding_of

MOST_BYTES = 100 * 1024 * 1024
MOST_ROWS = 2_000_000
MOST_COLUMNS = 200
_LONGEST_LINE = 1_000_000
_DELIMITERS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""A first line Excel writes and reads."""

Record = tuple[int, list[str]]
"""The line a record begins in, and its cells."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read: its codec, its delimiter, lines before the header, the header (empty: none)."""

    encoding: str
    delimiter: str
    before: int
    header: Sequence[str]
    width: int


def layout(file: BinaryIO) -> Layout:
    """Look at the first lines.

    :raises Refused: for an empty file, one that is no text, or one with far too many columns.
    """
    encoding, before, forced = encoding_of(file), 0, ""
    first = ""
    for line in _lines(file, encoding):
        separator = _SEPARATOR_LINE.fullmatch(line)
        if separator:
            forced = separator[1]
        elif line.strip():
            first = line
            break
        before += 1
    if not first:
        raise Refused(_("The file is empty."), field="file")
    parsed = {sign: next(csv.reader([first], delimiter=sign), []) for sign in ([forced] if forced else _DELIMITERS)}
    delimiter = max(parsed, key=lambda sign: (_known(parsed[sign]), len(parsed[sign])))
    cells = [_shown(cell) for cell in _first_record(file, encoding, before, delimiter)]
    if len(cells) > MOST_COLUMNS:
        raise Refused(_("The file has more than %(most)s columns.", most=MOST_COLUMNS), field="file")
    # Where the first line holds an address it is a row like the others.
    header = [] if any("@" in cell for cell in cells) else cells
    return Layout(encoding, delimiter, before, header, len(cells))


def records(file: BinaryIO, how: Layout) -> Iterator[Record]:
    """Every record after the header; empty lines are none.

    :raises Refused: naming the line, where a quotation mark is never closed or a line never ends.
    """
    lines = _lines(file, how.encoding)
    for _line in range(how.before):
        next(lines)
    reader = csv.reader(lines, delimiter=how.delimiter)
    begins, header, count = how.before + 1, bool(how.header), 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise _endless(begins) from None
        if cells is None:
            return
        line, begins = begins, how.before + reader.line_num + 1
        if header:
            header = False
        elif any(cell.strip() for cell in cells):
            count += 1
            if count > MOST_ROWS:
                most = f"{MOST_ROWS:,}"
                raise Refused(_("The file has more than %(most)s rows. Split it.", most=most), field="file")
            yield line, [cell.replace("\0", "\ufffd").strip() for cell in cells]


def _known(header: Sequence[str]) -> int:
    return sum(map(bool, columns.recognised(header)))


def _first_record(file: BinaryIO, encoding: str, before: int, delimiter: str) -> list[str]:
    """A heading may have a line break in it."""
    lines = _lines(file, encoding)
    for _line in range(before):
        next(lines)
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        raise _endless(before + 1) from None
    finally:
        lines.close()


def _lines(file: BinaryIO, encoding: str) -> Generator[str, None, None]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        number = 0
        while line := text.readline(_LONGEST_LINE):
            number += 1
            if len(line) == _LONGEST_LINE:
                raise _endless(number)
            yield line
    finally:
        # Else the file would be closed with the reader.
        text.detach()


def _endless(line: int) -> Refused:
    return Refused(
        _("Line %(line)s does not end: a quotation mark is never closed, or a cell is far too long.", line=line),
        field="file",
    )


def _shown(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").replace("\0", "").split())[:80]
