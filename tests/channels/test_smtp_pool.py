"""Several connections share a window; each is opened when it is needed and replaced when it is gone."""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter

import pytest

from tests.channels.conftest import LATER, StartServer, channel_to, window, words
from tests.channels.smtp_cases import ALL_WELL, MODES, SHORT
from tests.channels.smtp_script import DROP, STALL, Conversation, Fault, on
from tests.channels.smtp_server import ScriptedServer
from webshop_segments.channel import Accepted, Message

pytestmark = pytest.mark.once

SLOW = on("content", lambda _: time.sleep(0.02))


def many(count: int = 24) -> list[Message]:
    return window(*(f"n{number}" for number in range(count)))


def carried(server: ScriptedServer) -> Counter[int]:
    """How many messages came over which connection."""
    return Counter(received.connection for received in server.received)


@pytest.mark.parametrize("mode", MODES)
def test_two_connections_share_a_window(start: StartServer, mode: str) -> None:
    server = start(SLOW, extensions=MODES[mode])
    with channel_to(server).open() as sender:
        outcomes = list(sender.send(many(), LATER))
    assert sorted(outcome.number for outcome in outcomes) == list(range(7, 31))
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert set(carried(server)) == {1, 2}
    assert min(carried(server).values()) >= 4
    assert server.connections == server.commands.count("quit") == 2


def test_both_connections_are_used_again_and_again(start: StartServer) -> None:
    server = start(SLOW, extensions=MODES["pipelining"])
    with channel_to(server).open() as sender:
        for _ in range(10):
            before = carried(server)
            list(sender.send(many(12), LATER))
            assert set(carried(server) - before) == {1, 2}


def test_a_small_window_opens_one_connection(start: StartServer) -> None:
    server = start()
    with channel_to(server, connections=20).open() as sender:
        list(sender.send([], LATER))
        list(sender.send(many(10), LATER))
        assert server.connections == 1
        list(sender.send(many(12), LATER))
    assert server.connections <= 7


def test_one_connection_needs_no_thread(start: StartServer) -> None:
    server = start()
    with channel_to(server, connections=1).open() as sender:
        threads = {thread.name for _ in sender.send(many(), LATER) for thread in threading.enumerate()}
    assert "smtp" not in threads
    assert carried(server) == {1: 24}


def test_no_thread_is_left(start: StartServer) -> None:
    with channel_to(start(SLOW)).open() as sender:
        list(sender.send(many(20), LATER))
        assert "smtp" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("mode", MODES)
def test_a_server_that_gives_one_connection_is_used_with_that(start: StartServer, mode: str) -> None:
    server = start(extensions=MODES[mode], most_connections=1)
    with channel_to(server).open() as sender:
        for _ in range(3):
            assert set(words(sender.send(many(), LATER)).split()) == {"accepted"}
    assert carried(server) == {1: 72}
    assert server.connections <= 2


def test_a_connection_that_does_not_come_keeps_nobody_waiting(start: StartServer) -> None:
    server = start(on("greeting", STALL, skip=1))
    begun = time.monotonic()
    with channel_to(server, timeout=30).open() as sender:
        for _ in range(2):
            assert set(words(sender.send(many(), LATER)).split()) == {"accepted"}
    assert time.monotonic() - begun < 5
    assert carried(server) == {1: 48}


def test_what_one_connection_cannot_send_the_other_does(start: StartServer) -> None:
    def broken(conversation: Conversation) -> Fault | None:
        return DROP if conversation.number == 2 else None

    server = start(SLOW, on("MAIL", broken), extensions=MODES["pipelining"])
    with channel_to(server).open() as sender:
        assert set(words(sender.send(many(), LATER)).split()) == {"accepted"}
    assert len({received.recipient for received in server.received}) == len(server.received) == 24


def test_a_fault_of_ours_comes_out_of_any_thread(start: StartServer) -> None:
    broken = [Message(number, "a@example.org", None) for number in range(30)]  # type: ignore[arg-type]
    server = start()
    with channel_to(server).open() as sender:
        with pytest.raises((AttributeError, TypeError)):
            list(sender.send(broken, LATER))
        assert words(sender.send(window(), LATER)) == ALL_WELL


@pytest.mark.parametrize("farewell", [DROP, "421 4.4.2 idle for too long"])
@pytest.mark.parametrize("mode", MODES)
def test_a_connection_closed_while_idle_is_replaced(start: StartServer, mode: str, farewell: Fault | str) -> None:
    server = start(on("after", farewell, to="three", times=1), extensions=MODES[mode])
    with channel_to(server).open() as sender:
        assert words(sender.send(window(), LATER)) == ALL_WELL
        time.sleep(0.1)
        assert words(sender.send(window("four", "five"), LATER)) == "accepted accepted"
    assert carried(server) == {1: 3, 2: 2}


@pytest.mark.parametrize("mode", MODES)
def test_a_connection_that_died_while_idle_is_noticed_before_a_message_leaves(start: StartServer, mode: str) -> None:
    def dead(conversation: Conversation) -> Fault | None:
        return STALL if conversation.number == 1 and conversation.taken == 3 else None

    server = start(on("RSET", dead), on("MAIL", dead), extensions=MODES[mode])
    with channel_to(server, SHORT).open() as sender:
        assert words(sender.send(window(), LATER)) == ALL_WELL
        time.sleep(1.1)
        assert words(sender.send(window("four", "five"), LATER)) == "accepted accepted"
    assert carried(server) == {1: 3, 2: 2}


@pytest.mark.parametrize("mode", MODES)
def test_a_connection_carries_no_more_than_mail_max_emails(start: StartServer, mode: str) -> None:
    server = start(extensions=MODES[mode])
    with channel_to(server, connections=1, MAIL_MAX_EMAILS=4).open() as sender:
        for size in (3, 7):
            assert set(words(sender.send(many(size), LATER)).split()) == {"accepted"}
    assert carried(server) == {1: 4, 2: 4, 3: 2}
    assert server.connections == server.commands.count("quit") == 3


@pytest.mark.parametrize("mode", MODES)
def test_a_window_goes_over_several_encrypted_connections(
    start: StartServer, trusted: ssl.SSLContext, mode: str
) -> None:
    server = start(SLOW, extensions=("STARTTLS", *MODES[mode]), context=trusted)
    with channel_to(server, MAIL_USE_TLS=True).open() as sender:
        for _ in range(2):
            assert set(words(sender.send(many(20), LATER)).split()) == {"accepted"}
    assert len(carried(server)) == server.commands.count("STARTTLS") == 2
