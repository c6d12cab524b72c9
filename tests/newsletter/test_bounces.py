"""Bounces, complaints and unsubscribing mails are told from everything else that comes back, however broken."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.newsletter.returned import LOOKS_LIKE_OURS, OURS, REAL, as_it_came, mail, real_mail
from webshop_segments.newsletter.channels.twilio_errors import Verdict
from webshop_segments.newsletter.replies import bounces
from webshop_segments.newsletter.replies.bounce_mail import (
    LONGEST,
    Bounce,
    Complaint,
    MessageId,
    Nothing,
    Unsubscribe,
    read,
)

pytestmark = pytest.mark.once

NAMED = MessageId(12, 345, LOOKS_LIKE_OURS)
GONE, LOST, US, STOP = Verdict.ADDRESS, Verdict.LATER, Verdict.US, Verdict.OPTED_OUT


@pytest.mark.rule("E60")
@pytest.mark.parametrize(
    ("name", "reason", "blamed"),
    [
        ("unknown_user", "5.1.1 550 5.1.1 …: Recipient address rejected: User unknown in relay recipient table", GONE),
        ("null_mx", "5.1.10 556 5.1.10 Recipient address has null MX", GONE),
        ("internationalised", "5.1.1 550 5.1.1 Postfach unbekannt: …", GONE),
        ("mailbox_full", "5.2.2 552 5.2.2 …: mailbox full", LOST),
        ("expired", "4.4.7 delivery time expired", LOST),
        ("policy", "5.7.1 550 5.7.1 Message refused by policy, user unknown to us", US),
    ],
)
def test_a_bounce_says_which_message_and_why_without_naming_an_address(name: str, reason: str, blamed: Verdict) -> None:
    assert read(mail(name)) == Bounce(NAMED, reason)
    assert bounces.verdict("email", reason) is blamed


@pytest.mark.rule("E60")
@pytest.mark.parametrize(
    ("name", "reason", "blamed"),
    [
        ("lhost-postfix-16", "5.1.6 550 5.1.6 recipient no longer on server: …", GONE),
        ("lhost-domino-03", "5.0.0 Error transferring to neko22.example.org; Ma ximum hop count exceeded", LOST),
        ("lhost-sendmail-36", "5.1.1 550 5.7.1 IP address blacklisted by recipient", US),
        ("rhost-google-05", "5.2.2 552-5.2.2 The recipient's inbox is out of storage space and inactive.", LOST),
    ],
)
def test_real_bounces_are_read_also_inside_other_parts(name: str, reason: str, blamed: Verdict) -> None:
    found = read(real_mail(name))
    assert isinstance(found, Bounce)
    assert found.message_id == NAMED
    assert found.reason.startswith(reason)
    assert bounces.verdict("email", found.reason) is blamed


@pytest.mark.rule("E60")
@pytest.mark.rule("E66")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("delayed", "a server's note that nothing has failed for good"),
        ("relayed", "a server's note that the message arrived"),
        ("forwarded_to_two", "a server's note that the message arrived"),
        ("not_spam", "a report that is no complaint"),
        ("vacation", "an automatic answer"),
        ("reply", "neither bounce nor complaint"),
    ],
)
def test_notes_and_answers_are_no_bounces(name: str, why: str) -> None:
    assert read(mail(name)) == Nothing(why)


@pytest.mark.rule("E66")
@pytest.mark.parametrize("name", ["rfc3834-05", "lhost-qmail-03"])
def test_what_is_no_report_is_left_alone(name: str) -> None:
    assert isinstance(read(real_mail(name)), Nothing)


@pytest.mark.rule("E68")
def test_a_complaint_names_the_message_even_where_the_recipient_is_redacted() -> None:
    assert read(mail("abuse")) == Complaint(NAMED, "abuse")
    assert read(real_mail("arf-16")) == Complaint(NAMED, "abuse")


@pytest.mark.rule("E12")
def test_an_unsubscribing_mail_carries_its_token_in_the_subject() -> None:
    token = "aZ0-_" * 11
    assert read(mail("unsubscribe", token=token)) == Unsubscribe(token)
    encoded = mail("unsubscribe", token="TOKEN").replace(b"unsubscribe\n TOKEN", b"=?utf-8?Q?unsubscribe_TOKEN?=")
    assert read(encoded.replace(b"TOKEN", b"aZ0-=5F" * 11)) == Unsubscribe(token)


@pytest.mark.rule("E12")
def test_apple_mail_unsubscribes_although_it_calls_that_an_automatic_answer() -> None:
    came = as_it_came("arf-26")
    assert b"Auto-Submitted: auto-replied" in came
    token = b"t" * 55
    assert read(came.replace(b"Subject: unsubscribe", b"Subject: unsubscribe " + token)) == Unsubscribe(token.decode())


@pytest.mark.rule("E69")
@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
def test_the_kind_of_line_end_makes_no_difference(name: str, line_end: bytes) -> None:
    assert read(mail(name).replace(b"\n", line_end)) == read(mail(name))


REPORT = mail("unknown_user")
HOSTILE = {
    "nothing": b"",
    "zeros": b"\0" * 2_000_000,
    "one line": b"Subject: " + b"a" * 2_000_000,
    "at signs": REPORT.replace(b"Diagnostic-Code: ", b"Diagnostic-Code: " + b"a@" * 500_000),
    "a long word": REPORT.replace(b"Diagnostic-Code: ", b"Diagnostic-Code: " + b"a" * 1_000_000),
    "empty lines": REPORT.replace(b"Final-Recipient", b"\n" * 1_000_000 + b"Final-Recipient"),
    "blank lines": REPORT.replace(b"Final-Recipient", b"\n \t" * 100_000 + b"Final-Recipient"),
    "headers": b"a:b\n" * 500_000,
    "continued headers": b"Subject: a\n" + b" b\n" * 500_000,
    "message-ids": b"\n" + b"Message-ID:\n" * 200_000,
    "deep": b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(20_000)),
    "wide": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 300_000,
    "messages": b"Content-Type: message/rfc822\n\n" * 50_000,
    "no boundary": b"Content-Type: multipart/report\n\nx",
    "two boundaries": b"Content-Type: multipart/report; boundary*=a; boundary*0=b\n\n--a\n",
    "strange charset": REPORT.replace(b"us-ascii", b"x-klingon").replace(b"smtp; 550", b"smtp; \xff\xfe 550"),
    "strange subject": b"Subject: =?x-klingon?B?/w==?= =?utf-8?B?!!!?= =?utf-16?B?AAAA?= unsubscribe\n\n",
    "bad base64": REPORT.replace(
        b"message/delivery-status\n", b"message/delivery-status\nContent-Transfer-Encoding: base64\n"
    ),
    "bad uuencoding": REPORT.replace(
        b"message/delivery-status\n", b"message/delivery-status\nContent-Transfer-Encoding: x-uuencode\n"
    ),
}


@pytest.mark.rule("E69")
@pytest.mark.parametrize("kind", HOSTILE)
def test_no_mail_raises_or_takes_long_or_much_memory(kind: str) -> None:
    began = time.perf_counter()
    read(HOSTILE[kind])
    assert time.perf_counter() - began < 2
    tracemalloc.start()
    try:
        read(HOSTILE[kind])
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.rule("E69")
def test_a_long_report_is_read_from_its_beginning() -> None:
    returned = REPORT.replace(b"Dear Ada, look.", b"x" * 76 + b"\n" * 5_000_000)
    assert len(returned) > LONGEST
    assert isinstance(read(returned), Bounce)


@pytest.mark.rule("E69")
@pytest.mark.parametrize("name", OURS)
def test_a_mail_cut_off_anywhere_is_no_trouble(name: str) -> None:
    whole = mail(name)
    for end in range(0, len(whole), 7):
        read(whole[:end])


@pytest.mark.rule("E69")
@given(st.sampled_from(OURS), st.data())
@settings(max_examples=300, deadline=None)
def test_no_change_to_a_mail_makes_reading_it_fail(name: str, data: st.DataObject) -> None:
    whole = mail(name)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(start + 40, len(whole))))
    read(whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:])


@pytest.mark.rule("E62")
@pytest.mark.parametrize("name", REAL)
def test_bounces_of_other_peoples_messages_name_none_of_ours(name: str) -> None:
    assert not isinstance(read(as_it_came(name)), Bounce | Complaint | Unsubscribe)


@pytest.mark.rule("E53")
@pytest.mark.rule("E63")
@pytest.mark.parametrize(
    ("reason", "blamed"),
    [
        ("550 5.1.1 no such user", GONE),
        ("550-5.1.1 The email account that you tried to reach does not exist.", GONE),
        ("550 5.1.1 <…>: User unknown in relay recipient table", GONE),
        ("550 5.1.2 Host unknown", GONE),
        ("550 5.1.0 Address rejected.", GONE),
        ("551 5.1.6 moved", GONE),
        ("556 5.1.10 null MX", GONE),
        ("550 5.2.1 The email account that you tried to reach is disabled.", GONE),
        ("5.4.4 Host or domain name not found.", GONE),
        ("550 No such user here", GONE),
        ("5.0.0 550 #5.1.0 Address rejected.", GONE),
        ("5.0.0 554 delivery error: dd This user doesn't have a yahoo.com account … [0]", GONE),
        ("5.5.0 554 The mail could not be delivered because the domain is not reachable.", GONE),
        ("552 5.2.2 user is over quota", LOST),
        ("5.0.0 5.1.0 - Unknown address error 550-'5.2.2 …... Mailbox Full'", LOST),
        ("552 5.3.4 Message too big", LOST),
        ("550 5.4.1 Recipient address rejected: Access denied", LOST),
        ("550 Requested action not taken: mailbox unavailable", LOST),
        ("4.1.1 450 4.1.1 User unknown in virtual alias table", LOST),
        ("5.0.0", LOST),
        ("550 5.7.1 User unknown", US),
        ("550 5.7.26 Unauthenticated email is not accepted", US),
        ("550 5.7.515 Access denied, sending domain does not meet the required authentication level", US),
        ("5.0.0 5.1.0 - Unknown address error 550-'5.7.1 Access denied'", US),
        ("550 5.1.0 sender rejected", US),
        ("553 5.1.3 http://www.spamhaus.org/query/bl?ip=192.0.2.222", US),
        ("553 5.1.8 Domain of sender address does not exist", US),
        ("554 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi", US),
        ("550 Denied by policy", US),
        ("The mail server cannot write to this address (it offers no SMTPUTF8).", US),
        ("", US),
    ],
)
def test_an_address_is_blamed_only_for_itself(reason: str, blamed: Verdict) -> None:
    assert bounces.verdict("email", reason) is blamed


@pytest.mark.rule("E53")
@pytest.mark.parametrize(
    ("reason", "blamed"),
    [("30005 undelivered", GONE), ("30003 undelivered", LOST), ("30007 x", US), ("21610 x", STOP), ("failed", US)],
)
def test_a_number_is_blamed_as_the_table_of_codes_says(reason: str, blamed: Verdict) -> None:
    assert bounces.verdict("sms", reason) is blamed
