"""The octets of a message on their way: only CRLF, and no line of it that ends the message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webshop_segments.newsletter.channels.wire import dotted, in_lines

pytestmark = [pytest.mark.once, pytest.mark.rule("E57")]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", b"\r\n"),
        (b"a", b"a\r\n"),
        (b"a\r\n", b"a\r\n"),
        (b"a\n\n", b"a\r\n\r\n"),
        (b"a\rb\r", b"a\r\nb\r\n"),
        (b"a\r\r\nb", b"a\r\n\r\nb\r\n"),
        (b"a\n\rb", b"a\r\n\r\nb\r\n"),
        (b"a\x0b\x0c\x1c\x85b\r\n", b"a\x0b\x0c\x1c\x85b\r\n"),
    ],
)
def test_every_line_ends_with_crlf(content: bytes, lines: bytes) -> None:
    assert in_lines(content) == dotted(content) == lines


@pytest.mark.parametrize("content", [b"a\r\n", b"\r\n", b"a.b\r\n\r\nc. \r\n"])
def test_what_is_well_formed_is_not_copied(content: bytes) -> None:
    assert in_lines(content) is dotted(content) is content


def test_a_dot_at_the_start_of_a_line_is_doubled_except_in_chunks() -> None:
    content = b".\r\n..\r\n.a\r\nb.\r\n.\r\n"
    assert dotted(content) == b"..\r\n...\r\n..a\r\nb.\r\n..\r\n"
    assert in_lines(content) is content


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n.\r\n"])).map(b"".join))
def test_nothing_but_line_ends_and_dots_changes(content: bytes) -> None:
    lines = in_lines(content)
    assert lines.endswith(b"\r\n")
    assert lines.replace(b"\r\n", b"").count(b"\r") == lines.replace(b"\r\n", b"").count(b"\n") == 0
    assert lines.removesuffix(b"\r\n").split(b"\r\n") == (content.splitlines() or [b""])
    sent = dotted(content)
    assert b"\r\n.\r\n" not in b"\r\n" + sent
    assert b"".join(line.removeprefix(b".") for line in sent.splitlines(keepends=True)) == lines
