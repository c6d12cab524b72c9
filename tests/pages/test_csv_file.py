"""A list as a file: read by any spreadsheet, harmless in it, streamed, and noted in the history."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from flask_babel import force_locale
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from tests.shops import Shop
from webshop_segments.administration.models import Audit
from webshop_segments.blueprints.csv_file import csv_file, harmless, wants_whole_list


def taken(shop: Shop, rows: list[list[object]], language: str = "en") -> str:
    """The file's text as it arrives."""
    with shop.app.test_request_context("/", method="POST"), force_locale(language):
        data: bytes = csv_file("Fans", ["Name", "Number"], rows).get_data()
    return data.decode()


@pytest.mark.once
@pytest.mark.rule("W7")
@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+cmd",
        "-2+3+cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        '=HYPERLINK("https://x")',
    ],
)
def test_no_cell_is_taken_for_a_formula(formula: str) -> None:
    assert harmless(formula) == f"'{formula}"


@pytest.mark.once
@pytest.mark.rule("W7")
@pytest.mark.parametrize(
    ("value", "cell"),
    [("+49 151 23456789", "+49 151 23456789"), ("-12,5", "-12,5"), (-3, "-3"), (0, "0"), (None, ""), ("–", "–"),
     ("O'Neill = Co", "O'Neill = Co"), ("ada@example.com", "ada@example.com")],
)  # fmt: skip
def test_numbers_and_plain_words_stay_as_they_are(value: object, cell: str) -> None:
    assert harmless(value) == cell


@pytest.mark.rule("W7")
def test_every_cell_comes_back_as_it_was_written(shop: Shop) -> None:
    rows: list[list[object]] = [['Bikes, "new"; & old', 5], ["two\nlines", ""], ["Ärmel 🚲 яблоко", "x"]]

    text = taken(shop, rows)

    assert text.startswith("\ufeffName,Number\r\n")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert read[1:] == [[str(value) for value in row] for row in rows]


@pytest.mark.rule("W7")
def test_german_spreadsheets_get_semicolons(shop: Shop) -> None:
    assert taken(shop, [["a;b", "1,5"]], "de") == '\ufeffName;Number\r\n"a;b";1,5\r\n'


@pytest.mark.rule("W7")
def test_the_file_is_named_not_kept_by_anybody_and_noted_in_the_history(shop: Shop) -> None:
    with shop.app.test_request_context("/", method="POST", data={"extent": "view"}):
        answer = csv_file("Größte Kunden 🚲", ["Name"], [])

    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.isascii()
    assert 'filename="Grote Kunden.csv"' in disposition
    assert "filename*=UTF-8''Gr%C3%B6%C3%9Fte%20Kunden%20%F0%9F%9A%B2.csv" in disposition
    shop.session.rollback()
    noted = shop.session.scalars(select(Audit).where(Audit.action == "list.exported")).one()
    assert (noted.actor_name, noted.object_name, noted.detail) == ("Anna", "Größte Kunden 🚲", {"extent": "view"})


@pytest.mark.rule("W7")
def test_rows_are_read_while_the_answer_is_under_way(shop: Shop) -> None:
    read = 0

    def rows() -> Iterator[list[object]]:
        nonlocal read
        for read in range(1, 2001):
            yield ["x", read]

    with shop.app.test_request_context("/", method="POST"):
        answer = csv_file("Fans", ["Name", "Number"], rows())
        assert read == 0
        first = next(iter(answer.response))  # type: ignore[call-overload]

    assert first.startswith(b"\xef\xbb\xbfName")
    assert 0 < read < 2000


@pytest.mark.once
@pytest.mark.parametrize(("form", "whole"), [({"extent": "all"}, True), ({"extent": "view"}, False), ({}, False)])
def test_the_button_says_how_much_is_wanted(shop: Shop, form: dict[str, str], whole: bool) -> None:
    with shop.app.request_context(EnvironBuilder(method="POST", data=form).get_environ()):
        assert wants_whole_list() is whole
