"""A list as a file for a spreadsheet: CSV (RFC 4180) in UTF-8, streamed, and harmless when it is opened (W7)."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from babel import Locale
from flask import Response, request, stream_with_context

from ..administration import audit
from ..i18n import language
from ..plugin import plugin
from .guard import actor

_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_HARMLESS = re.compile(r"[+-]?[\d\s().,/-]*")
_ROWS_AT_ONCE = 500


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Answer with a file called ``name.csv``.

    Call it from a POST: who took which list is kept in the history, and committed before the first row is read.

    :param rows: read while the answer is under way, in the order of ``header``.
    """
    session = plugin().session
    audit.record(session, actor(), "list.exported", "list", name, name, extent=request.form.get("extent", "all"))
    session.commit()
    answer = Response(stream_with_context(_lines(header, rows)), mimetype="text/csv")
    # RFC 6266: whoever does not read filename* gets a name in ASCII, and a header can hold no more.
    simple = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip() or "list"
    names = {"filename": f"{simple}.csv", "filename*": f"UTF-8''{quote(f'{name}.csv', safe='')}"}
    answer.headers.set("Content-Disposition", "attachment", **names)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def wants_whole_list() -> bool:
    """Whether the button for the whole list was pressed, not the one for the current view."""
    return request.form.get("extent") == "all"


def _lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    # Excel takes a file without a byte order mark for Windows-1252, and separates by semicolons where decimals
    # are separated by commas.
    comma = Locale.parse(language()).number_symbols["latn"]["decimal"] == ","
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if comma else ",")
    buffer.write("\ufeff")
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        writer.writerow([harmless(value) for value in row])
        if number % _ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def harmless(value: object) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection); numbers stay numbers."""
    text = "" if value is None else str(value)
    if _FORMULA.match(text) and not _HARMLESS.fullmatch(text):
        return f"'{text}"
    return text


def _taken(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return data
