"""A mail server by script, the settings that lead to it, and a window of messages."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.channels.certificates import certificate, server_context
from tests.channels.smtp_script import Rule
from tests.channels.smtp_server import ScriptedServer
from webshop_segments.channel import Message, Outcome, Rejected, Unknown
from webshop_segments.newsletter.channels.email import EmailChannel

NAMES = ("one", "two", "three")

LATER = float("inf")


def window(*names: str, content: bytes = b"Subject: News\r\n\r\nHello\r\n") -> list[Message]:
    return [Message(number, f"{name}@example.org", content) for number, name in enumerate(names or NAMES, 7)]


def word(outcome: Outcome) -> str:
    """An outcome in one word: gone blames the address, never blames us, later does neither, later! blames us."""
    if isinstance(outcome, Rejected):
        if outcome.permanent:
            return "never" if outcome.about_us else "gone"
        return "later!" if outcome.about_us else "later"
    return "unknown" if isinstance(outcome, Unknown) else "accepted"


def words(outcomes: Iterable[Outcome]) -> str:
    return " ".join(map(word, outcomes))


StartServer = Callable[..., ScriptedServer]


@pytest.fixture
def start() -> Iterator[StartServer]:
    """Starts a mail server that follows rules."""
    with ExitStack() as servers:

        def started(*rules: Callable[[], Rule], **options: Any) -> ScriptedServer:
            return servers.enter_context(ScriptedServer([rule() for rule in rules], **options))

        yield started


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate that this machine trusts."""
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return server_context(file)


def channel_to(server: ScriptedServer, timeout: float = 5, connections: int = 2, **settings: Any) -> EmailChannel:
    base = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": server.port, "MAIL_DEFAULT_SENDER": ("Shop", "shop@example.com")}
    return EmailChannel.from_config(base | settings, timeout=timeout, connections=connections)
