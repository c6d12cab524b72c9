"""Quoted-printable by the piece: whatever the pieces, together they are one text in lines that fit."""

from __future__ import annotations

import quopri
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webshop_segments.newsletter.message.quoted_printable import encode

pytestmark = [pytest.mark.once, pytest.mark.rule("E21")]

pieces = st.lists(
    st.one_of(
        st.text(alphabet=" \t\n.=aä€🚲\r\0", max_size=200),
        st.text(alphabet="a.= \n", max_size=200),
        st.sampled_from([".", " ", "\n", "=", "x" * 75, "x" * 76, "." * 200, "ä" * 100, "x" * 74 + "ä", "\n.\n"]),
    ),
    max_size=6,
)


@settings(max_examples=1500, deadline=None)
@given(pieces)
def test_pieces_put_together_are_the_text(texts: list[str]) -> None:
    encoded = b"".join(map(encode, texts))
    assert quopri.decodestring(encoded) == "".join(texts).replace("\n", "\r\n").encode()
    assert re.fullmatch(rb"([\t -~]*\r\n)*", encoded)
    lines = encoded.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not [line for line in lines if line.startswith(b".") or line.endswith((b" ", b"\t"))]
    assert not re.search(rb"=(?![0-9A-F]{2}|\r\n)", encoded)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        ("Anna", b"Anna=\r\n"),
        ("\n", b"\r\n"),
        ("Größe\n", b"Gr=C3=B6=C3=9Fe\r\n"),
        (".", b"=2E=\r\n"),
        ("-- \n", b"--=20\r\n"),
        ("a\t\n", b"a=09\r\n"),
        ("1 = 1", b"1 =3D 1=\r\n"),
        ("x" * 75, b"x" * 75 + b"=\r\n"),
        ("x" * 76, b"x" * 75 + b"=\r\nx=\r\n"),
        ("x" * 75 + ".", b"x" * 75 + b"=\r\n=2E=\r\n"),
        ("x" * 74 + "=\n", b"x" * 74 + b"=\r\n=3D\r\n"),
    ],
)
def test_a_text_ends_where_the_next_can_begin(text: str, encoded: bytes) -> None:
    assert encode(text) == encoded
