"""Whatever a mail server does, each message has exactly one outcome and none is taken over twice."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable

import pytest

from tests.channels.conftest import StartServer, channel_to, window, word, words
from tests.channels.smtp_server import DROP, STALL, Conversation, Fault, Rule, on
from webshop_segments.channel import Accepted, Outcome, Rejected, Unknown

pytestmark = pytest.mark.once

Rules = list[Callable[[], Rule]]

REPLIES: dict[str, tuple[Rules, str]] = {
    "all is well": ([], "accepted accepted accepted"),
    "one user unknown": ([on("RCPT", "550 5.1.1 no such user", to="two")], "accepted gone accepted"),
    "unknown in words": ([on("RCPT", "550 <two@example.org>: User unknown", to="two")], "accepted gone accepted"),
    "unknown after content": ([on("content", "550 5.1.1 unknown", to="two")], "accepted gone accepted"),
    "not ours to relay": ([on("RCPT", "554 5.7.1 Relay access denied", to="two")], "accepted never accepted"),
    "mailbox full": ([on("RCPT", "552 5.2.2 Mailbox full", to="two")], "accepted gone accepted"),
    "spam": ([on("content", "554 5.7.1 Spam message rejected", to="two")], "accepted never accepted"),
    "blocked in words": ([on("RCPT", "550 your host is on a blacklist", to="two")], "accepted never accepted"),
    "an address full of words": ([on("RCPT", "550 <spam.policy@two>: unknown", to="two")], "accepted gone accepted"),
    "a number that is no status": ([on("RCPT", "550 5.7.1.2 knows no two", to="two")], "accepted gone accepted"),
    "a bare no": ([on("RCPT", "550 no", to="two")], "accepted gone accepted"),
    "greylisted": ([on("RCPT", "451 4.7.1 come back later", to="two")], "accepted later! accepted"),
    "no room": ([on("RCPT", "452 4.3.1 no room", to="two")], "accepted later accepted"),
    "no room after content": ([on("content", "452 4.3.1 no room", to="two")], "accepted later accepted"),
    "sender refused": ([on("MAIL", "550 5.1.8 no such user", skip=1, times=1)], "accepted never accepted"),
    "login wanted": ([on("MAIL", "530 5.7.0 log in first")], "never never never"),
    "DATA refused": ([on("DATA", "554 5.5.1 no", skip=1, times=1)], "accepted gone accepted"),
    "DATA refused for now": ([on("DATA", "451 4.3.0 no", skip=1, times=1)], "accepted later accepted"),
    "RSET refused": (
        [on("RCPT", "550 5.1.1 no such user", to="two"), on("RSET", "500 what?")],
        "accepted gone accepted",
    ),
    "421 between messages": ([on("MAIL", "421 4.3.2 closing", skip=1, times=1)], "accepted accepted accepted"),
    "421 for one": ([on("RCPT", "421 4.3.2 busy", to="two")], "accepted later accepted"),
    "421 after content": ([on("content", "421 4.3.2 busy", to="two")], "accepted later accepted"),
    "421 for all": ([on("MAIL", "421 4.7.0 try again later")], "later! later! later!"),
    "421 at the door": ([on("MAIL", DROP), on("greeting", "421 4.3.2 full", skip=1)], "later later later"),
}

LINES: dict[str, tuple[Rules, str]] = {
    "several lines": ([on("content", "250-fine\r\n250-well\r\n250 2.0.0 Ok")], "accepted accepted accepted"),
    "one reply too many": ([on("content", "250 ok\r\n250 more", times=1)], "accepted accepted accepted"),
    "one too many, late": ([on("content", ("250 ok\r\n", "250 more\r\n"), times=1)], "accepted later accepted"),
    "250 comes with 354": ([on("DATA", "354 go\r\n250 taken", skip=1, times=1)], "accepted later accepted"),
    "250 in place of 354": ([on("DATA", "250 go", skip=1, times=1)], "accepted later accepted"),
    "354 in place of 250": ([on("content", "354 go", to="two")], "accepted unknown accepted"),
    "354 in place of 250 to RCPT": ([on("RCPT", "354 go", to="two")], "accepted later accepted"),
    "no reply code": ([on("RCPT", "hello", to="two")], "accepted later accepted"),
    "no reply code after content": ([on("content", "hello", to="two")], "accepted unknown accepted"),
    "an empty line": ([on("RCPT", "", to="two")], "accepted later accepted"),
    "lines without end": ([on("content", b"250-more\r\n" * 999, to="two")], "accepted unknown accepted"),
    "a line without end": ([on("content", b"250 " + b"x" * 99999, to="two")], "accepted unknown accepted"),
    "a reply that drips": ([on("content", tuple("250 slowly\r\n"), to="two")], "accepted unknown accepted"),
    "UTF-8": ([on("RCPT", "550 5.1.1 Empfänger unbekannt 🙈", to="two")], "accepted gone accepted"),
    "Latin-1": ([on("RCPT", "550 5.1.1 Empfänger".encode("latin-1") + b"\r\n", to="two")], "accepted gone accepted"),
    "control characters": (
        [on("RCPT", b"550 5.1.1 \x1b[31m\x00\x07\xe2\x80\xa8no\r\n", to="two")],
        "accepted gone accepted",
    ),
    "a long reason": ([on("RCPT", "550 5.1.1 " + "no " * 999, to="two")], "accepted gone accepted"),
}

FAULTS: dict[str, tuple[Rules, str]] = {
    f"{fault.name} at {step}": ([on(step, fault, skip=1, times=1)], outcomes)
    for fault in (DROP, STALL)
    for step, outcomes in {
        "MAIL": "accepted accepted accepted",
        "RCPT": "accepted later accepted",
        "DATA": "accepted later accepted",
        "content": "accepted unknown accepted",
    }.items()
}

FAULTS_FOR_GOOD: dict[str, tuple[Rules, str]] = {
    f"{fault.name} at every {step}": ([on(step, fault)], outcomes)
    for fault in (DROP, STALL)
    for step, outcomes in {
        "MAIL": "later later later",
        "RCPT": "later later later",
        "DATA": "later later later",
        "content": "unknown unknown later",
    }.items()
} | {
    "gone after the first": ([on("MAIL", DROP, skip=1), on("greeting", DROP, skip=1)], "accepted later later"),
    "mute after the first": ([on("MAIL", DROP, skip=1), on("greeting", STALL, skip=1)], "accepted later later"),
    "drops at RSET": ([on("RCPT", "550 5.1.1 no such user"), on("RSET", DROP)], "gone gone gone"),
}

CASES = REPLIES | LINES | FAULTS | FAULTS_FOR_GOOD


@pytest.mark.rule("E50")
@pytest.mark.rule("E51")
@pytest.mark.rule("E53")
@pytest.mark.rule("E55")
@pytest.mark.parametrize("case", CASES)
def test_each_message_has_exactly_one_outcome(start: StartServer, case: str) -> None:
    rules, expected = CASES[case]
    messages = window()
    server = start(*rules)
    patience = 0.5 if case.startswith(("STALL", "mute", "a reply that drips")) else 5
    with channel_to(server, patience).open() as sender:
        outcomes = list(sender.send(messages))
    assert words(outcomes) == expected
    assert [outcome.number for outcome in outcomes] == [message.number for message in messages]
    taken = Counter(received.recipient for received in server.received)
    for message, outcome in zip(messages, outcomes, strict=True):
        allowed = {"accepted": {1}, "unknown": {0, 1}}.get(word(outcome), {0})
        assert taken[message.address] in allowed
        assert_fit_for_a_page(outcome)


def assert_fit_for_a_page(outcome: Outcome) -> None:
    if not isinstance(outcome, Accepted):
        assert 0 < len(outcome.reason) <= 255
        assert not [sign for sign in outcome.reason if unicodedata.category(sign)[0] in "C" or sign in "\u2028\u2029"]


@pytest.mark.rule("E56")
def test_a_server_that_closes_after_ten_messages_gets_all_hundred_once(start: StartServer) -> None:
    def tired(conversation: Conversation) -> Fault | None:
        return DROP if conversation.taken == 10 else None

    server = start(on("MAIL", tired))
    messages = window(*(f"n{number}" for number in range(100)))
    with channel_to(server).open() as sender:
        outcomes = list(sender.send(messages))
    assert {word(outcome) for outcome in outcomes} == {"accepted"}
    assert [received.recipient for received in server.received] == [message.address for message in messages]
    assert server.connections == 10


def test_a_line_that_broke_in_one_window_is_mended_in_the_next(start: StartServer) -> None:
    server = start(on("MAIL", DROP, times=2))
    with channel_to(server).open() as sender:
        assert words(sender.send(window())) == "later later later"
        assert words(sender.send(window())) == "accepted accepted accepted"


def test_a_message_cut_off_in_its_middle_was_not_sent(start: StartServer) -> None:
    server = start(on("body", DROP, to="two"))
    with channel_to(server).open() as sender:
        outcomes = list(sender.send(window(content=(b"x" * 50_000 + b"\r\n") * 100)))
    assert words(outcomes) == "accepted later accepted"
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].reason.startswith("The connection was lost")


def test_an_unknown_outcome_says_why(start: StartServer) -> None:
    with channel_to(start(on("content", STALL, to="one")), 0.5).open() as sender:
        [outcome] = sender.send(window("one"))
    assert outcome == Unknown(7, "No reply to the message: it did not answer within 0.5 s")


def test_the_id_of_the_server_s_queue_is_kept(start: StartServer) -> None:
    with channel_to(start()).open() as sender:
        assert list(sender.send(window("one", "two"))) == [Accepted(7, "Q0"), Accepted(8, "Q1")]
