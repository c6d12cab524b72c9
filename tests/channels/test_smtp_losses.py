"""What goes again after a connection was lost, what does not, and what is said about it."""

from __future__ import annotations

import ssl
from collections import Counter

import pytest

from tests.channels.conftest import LATER, StartServer, channel_to, window, word, words
from tests.channels.smtp_cases import MODES, SHORT
from tests.channels.smtp_script import DROP, STALL, Conversation, Fault, on
from webshop_segments.channel import Accepted, Rejected, Unknown

pytestmark = pytest.mark.once


@pytest.mark.rule("E56")
@pytest.mark.parametrize("mode", ["plain", "pipelining"])
def test_a_server_that_closes_after_ten_messages_gets_all_hundred_once(start: StartServer, mode: str) -> None:
    def tired(conversation: Conversation) -> Fault | None:
        return DROP if conversation.taken == 10 else None

    server = start(on("MAIL", tired), extensions=MODES[mode])
    messages = window(*(f"n{number}" for number in range(100)))
    with channel_to(server).open() as sender:
        outcomes = list(sender.send(messages, LATER))
    assert {word(outcome) for outcome in outcomes} == {"accepted"}
    assert Counter(received.recipient for received in server.received) == Counter(one.address for one in messages)
    assert server.connections >= 10


def test_a_server_that_takes_ten_in_chunks_and_closes_gets_all_hundred_once(start: StartServer) -> None:
    def enough(conversation: Conversation) -> str | None:
        return "421 4.7.0 ten are enough" if conversation.taken == 10 else None

    server = start(on("MAIL", enough), extensions=MODES["chunking"])
    with channel_to(server, connections=1).open() as sender:
        outcomes = list(sender.send(window(*(f"n{number}" for number in range(100))), LATER))
    assert {word(outcome) for outcome in outcomes} == {"accepted"}
    assert len(server.received) == len({received.recipient for received in server.received}) == 100


def test_a_line_that_broke_in_one_window_is_mended_in_the_next(start: StartServer) -> None:
    server = start(on("MAIL", DROP, times=2))
    with channel_to(server).open() as sender:
        assert words(sender.send(window(), LATER)) == "later later later"
        assert words(sender.send(window(), LATER)) == "accepted accepted accepted"


LARGE = (b"x" * 50_000 + b"\r\n") * 100


@pytest.mark.parametrize("mode", MODES)
def test_a_message_cut_off_in_its_middle_was_not_sent(start: StartServer, mode: str) -> None:
    server = start(on("body", DROP, to="two", times=1), extensions=MODES[mode])
    with channel_to(server).open() as sender:
        outcomes = sorted(sender.send(window(content=LARGE), LATER), key=lambda outcome: outcome.number)
    # In chunks the server has said nothing of it yet, so it may go again.
    assert words(outcomes) == ("accepted accepted accepted" if mode == "chunking" else "accepted later accepted")
    assert Counter(received.recipient for received in server.received).most_common(1)[0][1] == 1
    if mode != "chunking":
        assert isinstance(outcomes[1], Rejected)
        assert outcomes[1].reason.startswith("The connection was lost")


@pytest.mark.parametrize("mode", MODES)
def test_large_messages_arrive_whole_over_tls_or_not_at_all(
    start: StartServer, trusted: ssl.SSLContext, mode: str
) -> None:
    server = start(on("body", DROP, to="two"), extensions=("STARTTLS", *MODES[mode]), context=trusted)
    with channel_to(server, MAIL_USE_TLS=True).open() as sender:
        outcomes = {outcome.number: word(outcome) for outcome in sender.send(window(content=LARGE), LATER)}
    assert outcomes[7] == "accepted"
    assert outcomes[8] == "later"
    taken = {received.recipient: received.content for received in server.received}
    assert len(taken) == len(server.received) == [*outcomes.values()].count("accepted")
    assert set(taken.values()) == {LARGE}


@pytest.mark.parametrize("mode", MODES)
def test_a_message_the_server_does_not_read_to_its_end_was_not_sent(start: StartServer, mode: str) -> None:
    server = start(on("body", STALL), extensions=MODES[mode])
    with channel_to(server, SHORT).open() as sender:
        outcomes = list(sender.send(window("one", "two", content=LARGE), LATER))
    assert words(outcomes) == "later later"
    assert isinstance(outcomes[0], Rejected)
    assert outcomes[0].reason == f"The connection was lost: it did not take the message within {SHORT:g} s"
    assert not server.received


def test_an_unknown_outcome_says_why(start: StartServer) -> None:
    with channel_to(start(on("content", STALL, to="one")), 0.5).open() as sender:
        [outcome] = sender.send(window("one"), LATER)
    assert outcome == Unknown(7, "No reply to the message: it did not answer within 0.5 s")


@pytest.mark.parametrize("mode", MODES)
def test_the_id_of_the_server_s_queue_is_kept(start: StartServer, mode: str) -> None:
    with channel_to(start(extensions=MODES[mode])).open() as sender:
        assert list(sender.send(window("one", "two"), LATER)) == [Accepted(7, "Q0"), Accepted(8, "Q1")]


@pytest.mark.parametrize("mode", ["pipelining", "chunking"])
def test_a_server_that_got_out_of_step_is_talked_to_plainly_from_then_on(start: StartServer, mode: str) -> None:
    server = start(on("RSET", "500 what?"), extensions=MODES[mode])
    with channel_to(server).open() as sender:
        list(sender.send(window(), LATER))
        assert words(sender.send(window("four", "five", "six"), LATER)) == "accepted accepted accepted"
    assert server.commands[-10:-1:3] == ["MAIL FROM:<shop@example.com>"] * 3
