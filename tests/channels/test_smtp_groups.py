"""What leaves together: one round trip per message when pipelining, one per ten messages in chunks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import pytest

from tests.channels.conftest import LATER, window, words
from webshop_segments.channel import Message
from webshop_segments.newsletter.channels.dialogue import Dialogue
from webshop_segments.newsletter.channels.pipelining import dialogue_with

pytestmark = pytest.mark.once


class Host:
    """A connection to a server that says yes to everything; each writing waits for all replies to the one before."""

    fault = ""
    has_said_more = False

    def __init__(self, *extensions: str) -> None:
        self.extensions = extensions
        self.writings: list[bytes] = []
        self._replies: deque[tuple[int, bytes]] = deque()
        self._in_content = False

    def has_extn(self, name: str) -> bool:
        return name in self.extensions

    def is_silent(self) -> bool:
        return not self._replies

    def send(self, data: bytes) -> None:
        self.write(data)

    def write(self, data: bytes) -> int:
        assert not self._replies
        self.writings.append(data)
        for line in data.splitlines():
            if line == b"." or (not self._in_content and line[:4] in (b"RSET", b"MAIL", b"RCPT", b"BDAT")):
                self._in_content = False
                self._replies.append((250, b"2.0.0 Ok"))
            elif line == b"DATA":
                self._in_content = True
                self._replies.append((354, b"go on"))
        return len(data)

    def getreply(self) -> tuple[int, bytes]:
        return self._replies.popleft()


CONTENT = b"Subject: News\r\n\r\nHello\r\n"


def lines(name: str, last: bytes, *, reset: bool = True) -> bytes:
    envelope = b"MAIL FROM:<shop@example.com> SIZE=%d\r\nRCPT TO:<%b@example.org>\r\n" % (len(CONTENT), name.encode())
    return (b"RSET\r\n" if reset else b"") + envelope + last + b"\r\n"


def carry(dialogue: Dialogue, messages: list[Message]) -> str:
    waiting: Iterator[Message] = iter(messages)
    return words(dialogue.carry(lambda: next(waiting, None), LATER))


def test_the_content_leaves_together_with_the_next_envelope() -> None:
    host = Host("pipelining", "size")
    dialogue = dialogue_with(host, "shop@example.com")  # type: ignore[arg-type]
    assert carry(dialogue, window()) == "accepted accepted accepted"
    assert host.writings == [
        lines("one", b"DATA", reset=False),
        CONTENT + b".\r\n" + lines("two", b"DATA", reset=False),
        CONTENT + b".\r\n" + lines("three", b"DATA", reset=False),
        CONTENT + b".\r\n",
    ]
    assert carry(dialogue, window("four")) == "accepted"
    assert host.writings[4:] == [lines("four", b"DATA", reset=False), CONTENT + b".\r\n"]


def test_whole_messages_leave_together_ten_at_a_time() -> None:
    host = Host("pipelining", "chunking", "size")
    dialogue = dialogue_with(host, "shop@example.com")  # type: ignore[arg-type]
    names = [f"n{number}" for number in range(25)]
    assert carry(dialogue, window(*names)) == " ".join(["accepted"] * 25)
    chunk = b"BDAT %d LAST" % len(CONTENT)
    chunks = [lines(name, chunk, reset=name != "n0") + CONTENT for name in names]
    assert host.writings == [b"".join(chunks[start : start + 10]) for start in (0, 10, 20)]


def test_large_messages_leave_in_smaller_groups() -> None:
    host = Host("pipelining", "chunking")
    dialogue = dialogue_with(host, "shop@example.com")  # type: ignore[arg-type]
    carry(dialogue, window(*"abcdefg", content=(b"x" * 998 + b"\r\n") * 100))
    assert [writing.count(b"BDAT") for writing in host.writings] == [3, 3, 1]


@pytest.mark.parametrize("extensions", [(), ("chunking",)])
def test_without_pipelining_each_command_waits_for_its_reply(extensions: tuple[str, ...]) -> None:
    host = Host(*extensions)
    dialogue = dialogue_with(host, "shop@example.com")  # type: ignore[arg-type]
    assert carry(dialogue, window("one", "two")) == "accepted accepted"
    envelope = [b"MAIL FROM:<shop@example.com>\r\n", b"RCPT TO:<one@example.org>\r\n", b"DATA\r\n", CONTENT + b".\r\n"]
    assert host.writings[:4] == envelope
    assert len(host.writings) == 8
