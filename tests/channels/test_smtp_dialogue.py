"""Whatever a mail server does, each message has exactly one outcome and none is taken over twice."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest

from tests.channels.conftest import LATER, StartServer, channel_to, window, word, words
from tests.channels.smtp_cases import CASES, MODES
from tests.channels.smtp_server import ScriptedServer
from webshop_segments.channel import Accepted, Message, Outcome

pytestmark = pytest.mark.once


@pytest.mark.rule("E50")
@pytest.mark.rule("E51")
@pytest.mark.rule("E53")
@pytest.mark.rule("E55")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
def test_each_message_has_exactly_one_outcome(start: StartServer, name: str, mode: str) -> None:
    case, messages = CASES[name], window()
    server = start(*case.rules, extensions=("SIZE 1000000", *MODES[mode]))
    with channel_to(server, case.patience).open() as sender:
        outcomes = sorted(sender.send(messages, LATER), key=lambda outcome: outcome.number)
    assert words(outcomes) == case.expected(mode)
    assert_true(server, messages, outcomes)
    for outcome in outcomes:
        assert_fit_for_a_page(outcome)
    assert mode == "chunking" or not server.leaked


def assert_true(server: ScriptedServer, messages: list[Message], outcomes: list[Outcome]) -> None:
    """The server knows of no message but as it was reported."""
    assert [outcome.number for outcome in outcomes] == [message.number for message in messages]
    taken = Counter(received.recipient for received in server.received)
    for message, outcome in zip(messages, outcomes, strict=True):
        allowed = {"accepted": {1}, "unknown": {0, 1}}.get(word(outcome), {0})
        assert taken[message.address] in allowed


def assert_fit_for_a_page(outcome: Outcome) -> None:
    if not isinstance(outcome, Accepted):
        assert 0 < len(outcome.reason) <= 255
        assert not [sign for sign in outcome.reason if unicodedata.category(sign)[0] in "C" or sign in "\u2028\u2029"]
