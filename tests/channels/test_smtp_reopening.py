"""A connection lost in the middle of a window, to a server that does not let us in again."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from tests.channels.conftest import LATER, StartServer, channel_to, window, words
from tests.channels.smtp_cases import MODES, SHORT
from tests.channels.smtp_script import DROP, STALL, on

pytestmark = pytest.mark.once

TLS: dict[str, Any] = {"MAIL_USE_TLS": True}
LOGIN: dict[str, Any] = {"MAIL_USERNAME": "shop", "MAIL_PASSWORD": "secret"}

SHUT: dict[str, tuple[str, Any, dict[str, Any], str]] = {
    "closed at the greeting": ("greeting", DROP, {}, "later"),
    "mute at the greeting": ("greeting", STALL, {}, "later"),
    "421 at the greeting": ("greeting", "421 4.3.2 full", {}, "later"),
    "554 at the greeting": ("greeting", "554 5.7.1 blocked", {}, "later!"),
    "garbage at the greeting": ("greeting", b"\xff\xfe\x00\r\n", {}, "later"),
    "an endless greeting": ("greeting", b"2" * 99999, {}, "later"),
    "a greeting of endless lines": ("greeting", b"220-hello\r\n" * 999, {}, "later"),
    "closed at EHLO": ("EHLO", DROP, {}, "later"),
    "mute at EHLO": ("EHLO", STALL, {}, "later"),
    "421 at EHLO": ("EHLO", "421 4.3.2 full", {}, "later"),
    "closed at STARTTLS": ("STARTTLS", DROP, TLS, "later"),
    "mute at STARTTLS": ("STARTTLS", STALL, TLS, "later"),
    "454 at STARTTLS": ("STARTTLS", "454 4.7.0 not now", TLS, "later"),
    "garbage in place of TLS": ("STARTTLS", (b"220 go\r\n", b"hello hello hello", DROP), TLS, "later!"),
    "closed at AUTH": ("AUTH", DROP, LOGIN, "later"),
    "mute at AUTH": ("AUTH", STALL, LOGIN, "later"),
    "454 at AUTH": ("AUTH", "454 4.7.0 not now", LOGIN, "later"),
    "535 at AUTH": ("AUTH", "535 5.7.8 no", LOGIN, "later!"),
}


@pytest.mark.rule("E55")
@pytest.mark.parametrize("mode", ["plain", "pipelining"])
@pytest.mark.parametrize("name", SHUT)
def test_what_is_left_waits_for_later(start: StartServer, trusted: ssl.SSLContext, name: str, mode: str) -> None:
    step, answer, settings, fate = SHUT[name]
    server = start(
        on("content", DROP, times=1),
        on(step, answer, skip=1),
        extensions=("STARTTLS", "AUTH PLAIN", *MODES[mode]),
        context=trusted,
    )
    with channel_to(server, SHORT if "mute" in name else 5, **settings).open() as sender:
        assert words(sender.send(window(), LATER)) == f"unknown {fate} {fate}"
    assert [received.recipient for received in server.received] == ["one@example.org"]
