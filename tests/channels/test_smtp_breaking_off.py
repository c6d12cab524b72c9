"""A window that is broken off, or whose time is over, ends at once with an outcome for each message."""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.channels.conftest import LATER, StartServer, channel_to, window, words
from tests.channels.smtp_cases import ALL_WELL, MODES
from tests.channels.smtp_script import STALL, on
from webshop_segments.channel import Rejected, Sender, Unknown

pytestmark = pytest.mark.once


@contextmanager
def broken_off(sender: Sender, after: float = 0.3) -> Iterator[None]:
    """The window sent in this block ends soon after it was broken off."""
    timer = threading.Timer(after, sender.abort)
    timer.start()
    begun = time.monotonic()
    yield
    assert after <= time.monotonic() - begun < after + 2
    timer.join()


@pytest.mark.rule("E55")
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("plain", "accepted unknown later"),
        ("pipelining", "accepted unknown later"),
        ("chunking", "accepted unknown unknown"),
    ],
)
def test_what_may_have_left_is_unknown_and_the_rest_was_not_sent(start: StartServer, mode: str, expected: str) -> None:
    server = start(on("content", STALL, to="two", times=1), extensions=MODES[mode])
    with channel_to(server, 30).open() as sender:
        with broken_off(sender):
            outcomes = sorted(sender.send(window(), LATER), key=lambda outcome: outcome.number)
        assert words(outcomes) == expected
        assert words(sender.send(window("four", "five"), LATER)) == "accepted accepted"
    assert {one.reason for one in outcomes if isinstance(one, Rejected | Unknown)} == {"The sending was broken off."}


def test_an_envelope_without_answer_is_broken_off(start: StartServer) -> None:
    with channel_to(start(on("RCPT", STALL, times=1)), 30).open() as sender:
        with broken_off(sender):
            assert words(sender.send(window(), LATER)) == "later later later"
        assert words(sender.send(window(), LATER)) == ALL_WELL


@pytest.mark.parametrize("step", ["greeting", "EHLO"])
def test_a_connection_on_its_way_is_broken_off(start: StartServer, step: str) -> None:
    server = start(on(step, STALL, skip=1, times=1))
    with channel_to(server, 30, MAIL_MAX_EMAILS=1).open() as sender:
        with broken_off(sender):
            assert words(sender.send(window(), LATER)) == "accepted later later"
        assert words(sender.send(window(), LATER)) == ALL_WELL


def test_encrypted_connections_are_broken_off(start: StartServer, trusted: ssl.SSLContext) -> None:
    server = start(on("content", STALL), extensions=("STARTTLS", *MODES["pipelining"]), context=trusted)
    with channel_to(server, 30, MAIL_USE_TLS=True).open() as sender, broken_off(sender):
        assert words(sender.send(window(), LATER)) == "unknown later later"


def test_all_connections_are_broken_off(start: StartServer) -> None:
    server = start(on("content", STALL))
    with channel_to(server, 30).open() as sender, broken_off(sender, 0.6):
        outcomes = list(sender.send(window(*(f"n{number}" for number in range(40))), LATER))
    assert sorted(outcome.number for outcome in outcomes) == list(range(7, 47))
    assert Counter(words(outcomes).split()) == {"unknown": 2, "later": 38}


def test_between_windows_there_is_nothing_to_break_off(start: StartServer) -> None:
    with channel_to(start()).open() as sender:
        sender.abort()
        assert words(sender.send(window(), LATER)) == ALL_WELL
        sender.abort()
        assert words(sender.send(window(), LATER)) == ALL_WELL


def test_a_window_nobody_takes_the_outcomes_of_ends_too(start: StartServer) -> None:
    server = start(extensions=MODES["pipelining"])
    with channel_to(server).open() as sender:
        next(iter(sender.send(window(*(f"n{number}" for number in range(40))), LATER)))
        assert words(sender.send(window("four"), LATER)) == "accepted"
    assert "smtp" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.rule("E54")
@pytest.mark.parametrize("mode", MODES)
def test_no_content_leaves_when_the_time_is_over(start: StartServer, mode: str) -> None:
    late = (b"", b"", b"", b"354 go on\r\n")
    server = start(on("DATA", late), on("content", late[:3] + (b"250 Ok\r\n",)), extensions=MODES[mode])
    messages = window(*(f"n{number}" for number in range(10)), *(f"m{number}" for number in range(5)))
    with channel_to(server, connections=1).open() as sender:
        outcomes = list(sender.send(messages, time.monotonic() + 0.2))
    assert [outcome.number for outcome in outcomes] == list(range(7, 22))
    fates = Counter(words(outcomes).split())
    assert fates == ({"accepted": 10, "later": 5} if mode == "chunking" else {"later": 15})
    assert len(server.received) == fates["accepted"]
    assert isinstance(outcomes[-1], Rejected)
    assert outcomes[-1].reason == "There was no time left to send it."
