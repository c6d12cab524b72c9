"""A text message is counted as the network counts it: encoding, parts, and what fits into the last one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from webshop_segments.newsletter.sms_parts import measure

pytestmark = [pytest.mark.once, pytest.mark.rule("T07"), pytest.mark.rule("W41")]

KNOWN: dict[str, Any] = json.loads((Path(__file__).parent / "gsm" / "segments.json").read_text("utf-8"))


@pytest.mark.parametrize("case", KNOWN["cases"], ids=lambda case: str(case["description"]))
def test_texts_have_the_parts_a_provider_charges(case: dict[str, Any]) -> None:
    counted = measure(case["body"])
    assert (counted.encoding, counted.parts) == (case["encoding"], case["segments"])


@pytest.mark.parametrize(
    ("text", "encoding", "parts", "left"),
    [
        ("", "GSM-7", 1, 160),
        ("x" * 160, "GSM-7", 1, 0),
        ("x" * 161, "GSM-7", 2, 145),
        ("x" * 306, "GSM-7", 2, 0),
        ("x" * 307, "GSM-7", 3, 152),
        ("€" * 80, "GSM-7", 1, 0),
        ("ж" * 70, "UCS-2", 1, 0),
        ("ж" * 71, "UCS-2", 2, 63),
        ("😀" * 35, "UCS-2", 1, 0),
        ("😀" * 36, "UCS-2", 2, 61),
    ],
)
def test_boundaries_between_parts(text: str, encoding: str, parts: int, left: int) -> None:
    counted = measure(text)
    assert (counted.encoding, counted.parts, counted.left) == (encoding, parts, left)


def test_a_character_of_two_places_moves_to_the_next_part_whole() -> None:
    assert measure("x" * 152 + "€" + "x" * 10).left == 153 - 2 - 10
    assert measure("ж" * 66 + "😀" + "ж" * 10).left == 67 - 2 - 10


@pytest.mark.parametrize("sign", KNOWN["basic"] + KNOWN["extension"])
def test_every_character_of_the_two_tables_stays_in_seven_bits(sign: str) -> None:
    counted = measure(sign)
    assert (counted.encoding, counted.left) == ("GSM-7", 159 - (sign in KNOWN["extension"]))


@pytest.mark.parametrize(("text", "foreign"), [("ä ö ü ß à è Ç", ""), ("ç", "ç"), ("ąęł ą", "ąęł"), ("“so”", "“”")])
def test_the_characters_that_need_the_longer_encoding_are_named(text: str, foreign: str) -> None:
    assert measure(text).foreign == foreign
    assert measure(text).encoding == ("UCS-2" if foreign else "GSM-7")


def test_line_ends_count_once_however_a_browser_writes_them() -> None:
    assert measure("a\r\nb") == measure("a\nb")
