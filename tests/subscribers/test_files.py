"""Any file a spreadsheet writes is read, whatever its encoding, separator and line ends; what is none is refused."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from io import BytesIO, RawIOBase

import pytest

from webshop_segments.errors import Refused
from webshop_segments.subscribers import columns, reading
from webshop_segments.subscribers.reading import Layout, Record

pytestmark = [pytest.mark.once, pytest.mark.rule("W31")]

GERMAN = "E-Mail;Vorname;Nachname\njörg@example.com;Jörg;Müller\n"


def read(content: bytes) -> tuple[Layout, list[Record]]:
    file = BytesIO(content)
    how = reading.layout(file)
    return how, list(reading.records(file, how))


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso-8859-1"]
)
def test_every_usual_encoding_is_recognised(codec: str) -> None:
    how, records = read(GERMAN.encode(codec))

    assert list(how.header) == ["E-Mail", "Vorname", "Nachname"]
    assert records == [(2, ["jörg@example.com", "Jörg", "Müller"])]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_comma_semicolon_and_tab_separate(sign: str) -> None:
    how, records = read(f"e-mail{sign}name\nmia@example.com{sign}Mia\n".encode())

    assert (how.delimiter, records) == (sign, [(2, ["mia@example.com", "Mia"])])


def test_a_line_that_names_the_separator_is_no_row() -> None:
    assert read(b"sep=|\r\nemail|name\r\nmia@example.com|Mia, the\r\n")[1] == [(3, ["mia@example.com", "Mia, the"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(end: str) -> None:
    assert [line for line, _cells in read(f"email{end}a@example.com{end}{end}b@example.com".encode())[1]] == [2, 4]


def test_quoted_cells_hold_separators_quotes_and_line_breaks_and_the_lines_stay_right() -> None:
    how, records = read(b'"e-mail\naddress",name\na@example.com,"King, ""Ada""\nLovelace"\nb@example.com,Bob\n')

    assert list(how.header) == ["e-mail address", "name"]
    assert records == [(3, ["a@example.com", 'King, "Ada"\nLovelace']), (5, ["b@example.com", "Bob"])]


def test_without_headings_the_first_line_is_a_row() -> None:
    how, records = read(b"mia@example.com;Mia\n")

    assert (how.header, how.width, records) == ([], 2, [(1, ["mia@example.com", "Mia"])])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"PK\x03\x04rest of a workbook", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0 an older one", "Excel workbook"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\2\3\4\5\6", "no text file"),
        (b"," * 300, "columns"),
        (b'email\n"mia@example.com\n' + b"x" * 200_000, "Line 2"),
        (b"email\n" + b"x" * 2_000_000, "Line 2"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read(content)


def test_a_nul_and_a_byte_that_is_no_text_do_no_harm() -> None:
    cells = [cells for _line, cells in read(b"email,name\nmia@example.com,M\xff\x81a\nb@example.com,B\0b\n")[1]]

    assert cells == [["mia@example.com", "Mÿ\ufffda"], ["b@example.com", "B\ufffdb"]]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("E-Mail-Adresse", "email"),
        ("e_mail", "email"),
        ("VORNAME", "first_name"),
        ("Surname", "last_name"),
        ("Handynummer", "phone"),
        ("Kanäle", "channels"),
        ("Version of the text", "version"),
        ("Einwilligung vom", "time"),
        ("Quelle", "source"),
        ("Kundennummer", ""),
    ],
)
def test_headings_are_understood_in_english_and_german(heading: str, field: str) -> None:
    assert columns.field_of(heading) == field


def test_headings_are_clear_with_one_column_of_addresses_and_nothing_twice() -> None:
    assert columns.clear(["email", "", "first_name"])
    assert not columns.clear(["first_name"])
    assert not columns.clear(["email", "email"])


class Endless(RawIOBase):
    """A large file that is nowhere: each row is made as it is read."""

    ROW = b"somebody.with.a.long.address%07d@mail.example;Somebody;Whose name is long enough for this;de\n"
    SIZE = 100_000

    def __init__(self) -> None:
        self.at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset
        return offset

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        row = len(self.ROW % 0)
        first, skip = divmod(self.at, row)
        rows: Iterator[bytes] = (self.ROW % n for n in range(first, min(first + len(view) // row + 2, self.SIZE)))
        some = b"".join(rows)[skip : skip + len(view)]
        view[: len(some)] = some
        self.at += len(some)
        return len(some)


def test_a_large_file_is_read_without_being_held() -> None:
    file = Endless()
    assert len(file.ROW % 0) * file.SIZE > 9_000_000
    how = Layout("utf-8", ";", 0, [], 4)
    tracemalloc.start()

    count = sum(1 for _record in reading.records(file, how))  # type: ignore[arg-type]

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == file.SIZE
    assert peak < 2_000_000
