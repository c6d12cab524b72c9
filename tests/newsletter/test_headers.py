"""Header fields: right for every name, short in every line, and no address that seven bits cannot hold."""

from __future__ import annotations

import re
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webshop_segments import Refused
from webshop_segments.newsletter.message.headers import mailbox, one_line, unstructured

pytestmark = pytest.mark.once


@pytest.mark.rule("E21")
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("", b"To: ada@example.com\r\n"),
        ("Ada Young", b"To: Ada Young <ada@example.com>\r\n"),
        ("Dr. Ada", b'To: "Dr. Ada" <ada@example.com>\r\n'),
        ("O'Neill, Ada", b'To: "O\'Neill, Ada" <ada@example.com>\r\n'),
        ('The "Count" \\', b'To: "The \\"Count\\" \\\\" <ada@example.com>\r\n'),
        ("Jörg", b"To: =?utf-8?b?SsO2cmc=?= <ada@example.com>\r\n"),
        ("=?utf-8?q?x?=", b"To: = ?utf-8?q?x?= <ada@example.com>\r\n"),
        ("Eve\r\nBcc: all", b'To: "Eve Bcc: all" <ada@example.com>\r\n'),
        ("x" * 60, b"To: " + b"x" * 60 + b"\r\n <ada@example.com>\r\n"),
    ],
)
def test_a_name_is_written_as_plainly_as_it_can_be(name: str, field: bytes) -> None:
    assert mailbox("To", name, "ada@example.com") == field


@pytest.mark.rule("E21")
@given(st.text(), st.sampled_from(["a@b.example", "a" * 60 + "@" + "b" * 60 + ".example"]))
def test_a_mailbox_reads_as_it_was_meant(name: str, address: str) -> None:
    field = mailbox("To", name, address)
    _fits(field)
    found, found_address = parseaddr(_unfolded(field, "To"))
    assert (str(make_header(decode_header(found))), found_address) == (one_line(name), address)


@given(st.one_of(st.text(), st.text(alphabet="ab ä", min_size=60, max_size=300)).map(one_line))
def test_a_subject_reads_as_it_was_meant(subject: str) -> None:
    field = unstructured("Subject", subject)
    _fits(field)
    assert str(make_header(decode_header(_unfolded(field, "Subject")))) == subject


def test_a_long_subject_in_ascii_is_folded_between_words_and_not_encoded() -> None:
    subject = "New bicycles, lamps and bells have arrived, and there is a discount for early birds"
    expected = b"Subject: New bicycles, lamps and bells have arrived, and there is a discount\r\n for early birds\r\n"
    assert unstructured("Subject", subject) == expected


def test_a_name_without_blanks_stays_in_the_header_however_long_it_is() -> None:
    """The standard library (3.11) ends the header in the middle of such a name."""
    field = mailbox("To", "Length" * 30 + " " + "Length" * 30, "ada@example.com")
    assert b"\r\n\r\n" not in field
    _fits(field)


def test_a_domain_beyond_ascii_is_written_in_a_labels() -> None:
    assert mailbox("Reply-To", "", "info@müller.example") == b"Reply-To: info@xn--mller-kva.example\r\n"


@pytest.mark.parametrize("address", ["jörg@example.com", "a@b.example\r\nBcc: c@d.example", "a, b@c.example", "shop"])
def test_what_is_no_address_in_ascii_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="is no e-mail address we can write to"):
        mailbox("From", "Test shop", address)


def _fits(field: bytes) -> None:
    assert re.fullmatch(rb"[!-~]+:([ -~]*\r\n )*[ -~]*\r\n", field)
    lines = field.removesuffix(b"\r\n").split(b"\r\n")
    assert all(line.strip() for line in lines)
    assert not [line for line in lines if len(line) > 78 and b"@" not in line]
    assert not [word for word in re.findall(rb"=\?utf-8\?b\?\S*", field) if len(word) > 75]


def _unfolded(field: bytes, name: str) -> str:
    return field.decode("ascii").removeprefix(f"{name}:").replace("\r\n", "").strip(" ")
