"""Servers that misbehave at random: each message has exactly one outcome, and nobody is sent anything twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.conftest import LATER, channel_to, window, word
from tests.channels.smtp_cases import MODES
from tests.channels.smtp_script import DROP, Rule, on
from tests.channels.smtp_server import ScriptedServer

pytestmark = pytest.mark.once

STEPS = ("MAIL", "RCPT", "DATA", "RSET", "content")

ANSWERS: tuple[Any, ...] = (
    DROP,
    "421 4.3.2 closing",
    "450 4.2.1 busy",
    "452 4.3.1 full",
    "550 5.1.1 unknown",
    "554 5.7.1 no",
    "354 go on",
    "hello",
    "250-ok\r\n250 fine",
    (b"550 5.1.1 no\r\n", DROP),
    b"550 5.1.1 \xe4\xf6\xfc\r\n",
    b"5" * 9999,
)
MISCOUNTED: tuple[Any, ...] = (
    b"",
    "250 ok\r\n250 more",
    "450 no\r\n250 more",
    (b"250 ok\r\n", b"250 more\r\n"),
    b"421 and goes on\r\n",
)

TIMES = {"to": st.sampled_from(["", "n1", "n2", "n3@"]), "skip": st.integers(0, 12), "times": st.integers(1, 3)}

Script = list[Callable[[], Rule]]


def scripts(*answers: Any) -> st.SearchStrategy[Script]:
    at_the_door = st.sampled_from([DROP, "421 full", "554 no", "250 what"])
    one_of = [
        st.builds(on, st.sampled_from(STEPS), st.sampled_from(answers), **TIMES),
        st.builds(on, st.just("greeting"), at_the_door, skip=st.integers(1, 3)),
        st.builds(on, st.just("after"), st.sampled_from([DROP, "421 bye"]), **TIMES),
        st.builds(on, st.just("body"), st.just(DROP), **TIMES),
    ]
    return st.lists(st.one_of(one_of[0], *one_of), max_size=6)


def taken(script: Script, mode: str, size: int, connections: int) -> Iterator[tuple[str, int]]:
    """Two windows are sent: what became of each message, in one word, and how often the server took it over."""
    rules = [rule() for rule in script]
    outcomes: dict[str, str] = {}
    with ScriptedServer(rules, extensions=MODES[mode]) as server, channel_to(server, 0.5, connections).open() as sender:
        for messages in (window(*(f"n{number}" for number in range(size))), window("m1", "m2", "m3")):
            address = {message.number: message.address for message in messages}
            reported = list(sender.send(messages, LATER))
            assert sorted(outcome.number for outcome in reported) == sorted(address)
            outcomes |= {address[outcome.number]: word(outcome) for outcome in reported}
    counts = Counter(received.recipient for received in server.received)
    assert mode == "chunking" or not server.leaked
    return ((outcome, counts[address]) for address, outcome in outcomes.items())


SERVERS = {"mode": st.sampled_from(list(MODES)), "size": st.integers(1, 25), "connections": st.integers(1, 3)}


@pytest.mark.rule("E54")
@settings(max_examples=150, deadline=None)
@given(script=scripts(*ANSWERS), **SERVERS)
def test_every_outcome_is_true(script: Script, mode: str, size: int, connections: int) -> None:
    for outcome, count in taken(script, mode, size, connections):
        assert count in {"accepted": {1}, "unknown": {0, 1}}.get(outcome, {0}), outcome


@pytest.mark.rule("E54")
@settings(max_examples=150, deadline=None)
@given(script=scripts(*ANSWERS, *MISCOUNTED), **SERVERS)
def test_nobody_is_sent_anything_twice(script: Script, mode: str, size: int, connections: int) -> None:
    for _, count in taken(script, mode, size, connections):
        assert count <= 1
