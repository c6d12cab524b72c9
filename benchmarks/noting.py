"""A mail server that pipelines, and notes every message in a file before it says yes to it.

usage: python -m benchmarks.noting PORT FILE
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_FINE = b"250 2.0.0 Ok\r\n"
_ADDRESS = re.compile(rb"<([^>]*)>")
_MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)\r$", re.IGNORECASE | re.MULTILINE)


class _Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, notes: int) -> None:
        self._notes = notes
        self._unread = b""
        self._recipient = b""
        self._content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 noting ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        at = 0
        replies: list[bytes] = []
        while (end := self._unread.find(self._mark, at)) >= 0:
            mark, read = self._mark, self._unread[at:end]
            replies.append(self._take(read) if self._content else self._obey(read))
            at = end + len(mark)
        self._unread = self._unread[at:]
        self._transport.write(b"".join(replies))

    @property
    def _mark(self) -> bytes:
        return b"\r\n.\r\n" if self._content else b"\r\n"

    def _obey(self, command: bytes) -> bytes:
        match command[:4].upper():
            case b"EHLO":
                return b"250-noting\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
            case b"RCPT":
                found = _ADDRESS.search(command)
                self._recipient = found[1] if found else b""
            case b"DATA":
                self._content = True
                return b"354 go on\r\n"
            case b"QUIT":
                asyncio.get_running_loop().call_soon(self._transport.close)
                return b"221 2.0.0 Bye\r\n"
        return _FINE

    def _take(self, content: bytes) -> bytes:
        self._content = False
        found = _MESSAGE_ID.search(content)
        # One system call, and nothing buffered here: whoever is killed after it has taken the message over.
        os.write(self._notes, b"%b\t%b\n" % (self._recipient, found[1] if found else b""))
        return _FINE


def noted(file: Path) -> Iterator[tuple[str, str]]:
    """The address and the Message-ID of everything that was taken over."""
    with file.open() as lines:
        for line in lines:
            address, _, message_id = line.rstrip("\n").partition("\t")
            yield address, message_id


async def _serve(port: int, notes: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(notes), "127.0.0.1", port, backlog=500)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)))
