"""The compiled message and one rendered plainly, by Liquid and the standard library alone, are the same message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings

from tests.newsletter.drafts import compiled, plain_text, plain_values
from tests.newsletter.templates_for_all import everybody, templates
from webshop_segments import Refused
from webshop_segments.newsletter.channels.wire import dotted
from webshop_segments.newsletter.message.compiled import Recipient, one_line

pytestmark = pytest.mark.once


def plain_message(text: str, html: str) -> EmailMessage:
    """Both parts by the standard library; every text ends in a line end."""
    mail = EmailMessage(policy=policy.SMTP)
    mail.set_content(text + "\n", cte="quoted-printable")
    mail.add_alternative(html + "\n", subtype="html", cte="quoted-printable")
    return parsed(mail.as_bytes())


def parsed(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(raw, policy=policy.default))


def parts(mail: EmailMessage) -> list[tuple[str, str]]:
    return [(part.get_content_type(), part.get_content()) for part in mail.iter_parts()]


def headers(raw: bytes) -> dict[str, str]:
    """The values unfolded but not decoded; none may occur twice."""
    items = message_from_bytes(raw).items()
    assert len({name for name, _value in items}) == len(items)
    return {name: re.sub(r"\r\n(?=[ \t])", "", value) for name, value in items}


def decoded(words: str) -> str:
    """Encoded words as RFC 2047 reads them: the standard library's newer parser puts blanks between those of names."""
    return str(make_header(decode_header(words)))


def defects(mail: EmailMessage) -> Iterator[Any]:
    for one in mail.walk():
        yield from one.defects
        for value in one.values():
            yield from value.defects


def keeps_to_the_line(raw: bytes) -> None:
    """RFC 5322, 2.1.1; RFC 2045, 6.7; and nothing that SMTP would have to double."""
    assert raw.isascii()
    assert not re.search(rb"\0|(?<!\r)\n|\r(?!\n)", raw)
    lines = raw.split(b"\r\n")
    body = lines[lines.index(b"") :]
    assert max(map(len, lines)) <= 998
    assert max(map(len, body)) <= 76
    assert not [line for line in lines if line.startswith(b".")]
    assert not [line for line in body if line.endswith((b" ", b"\t"))]
    assert lines[-1] == b""


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(subject=templates, text=templates, html=templates, to=everybody)
def test_compiled_and_plain_are_the_same_message(subject: str, text: str, html: str, to: Recipient) -> None:
    values = {"subject": subject, "layout_text": text, "layout_html": html}
    try:
        mail = compiled(**values, sender_name="Räder, Shop", reply_to="reply@shop.example")
    except Refused:
        return
    given = plain_values(mail, to)
    try:
        plain = one_line(plain_text(subject, given)), plain_text(text, given), plain_text(html, given, escape=True)
    except Refused as refusal:
        with pytest.raises(Refused, match=re.escape(str(refusal))):
            mail.fill(to)
        return
    assert mail.preview(to) == plain

    raw = mail.fill(to)
    keeps_to_the_line(raw)
    assert dotted(raw) is raw
    found, shown = parsed(raw), headers(raw)
    assert not list(defects(found))
    assert parts(found) == parts(plain_message(*plain[1:]))
    name, address = parseaddr(shown["To"])
    assert (decoded(name), address) == (one_line(to.person.name), to.address)
    assert decoded(shown["Subject"]) == plain[0]
    assert shown == shown | {
        "From": "=?utf-8?b?UsOkZGVyLCBTaG9w?= <news@shop.example>",
        "Reply-To": "reply@shop.example",
        "Message-ID": mail.message_id(to.number),
        "List-Id": "<newsletter.shop.example>",
        "List-Unsubscribe": f"<{mail.unsubscribe_url(to)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
        "MIME-Version": "1.0",
    }


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=templates, to=everybody)
def test_an_sms_is_the_plain_text(text: str, to: Recipient) -> None:
    try:
        sms = compiled("[Copy] ", channel="sms", layout_text="[[wss-content]]\nStop", body=text)
        plain = plain_text(text + "\nStop", plain_values(sms, to))
    except Refused:
        return
    assert sms.fill(to).decode() == "[Copy] " + plain
