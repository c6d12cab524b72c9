"""Mail servers that accept every message and keep none: postfix' smtp-sink, and one with the extensions it is given.

usage: python -m benchmarks.sinks PORT [EXTENSION…]
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .processes import free_port, serving

PIPELINING = "PIPELINING"
CHUNKING = "CHUNKING"

_FINE = b"250 2.0.0 Ok\r\n"
_END = b"\r\n.\r\n"
_QUEUE = "500"


@contextmanager
def pipelining() -> Iterator[int]:
    """The port of the sink that throughput is measured against; postfix' own where it is installed."""
    installed = smtp_sink()
    if installed is None:
        with offering(PIPELINING) as port:
            yield port
        return
    port = free_port()
    # postfix' program does not run as root.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with serving([installed, *user, "-4", f"127.0.0.1:{port}", _QUEUE], port):
        yield port


def smtp_sink() -> str | None:
    """Where postfix' smtp-sink is; distributions keep it off an ordinary user's PATH."""
    return shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def offering(*extensions: str) -> Iterator[int]:
    """The port of a sink of our own that offers these extensions and no other."""
    port = free_port()
    with serving([sys.executable, "-m", "benchmarks.sinks", str(port), *extensions], port):
        yield port


class _Talk(asyncio.Protocol):
    """One connection: commands, the content after DATA, and chunks after BDAT (RFC 3030)."""

    def __init__(self, extensions: list[str]) -> None:
        self._offer = "".join(f"250-{line}\r\n" for line in ["sink", *extensions]) + "250 8BITMIME\r\n"
        self._unread = b""
        self._content = False
        self._chunk = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        replies: list[bytes] = []
        at = 0
        while (after := self._next(at, replies)) > at:
            at = after
        self._unread = self._unread[at:]
        if replies:
            self._transport.write(b"".join(replies))

    def _next(self, at: int, replies: list[bytes]) -> int:
        """Read one thing that came and answer it; returns where the next begins, ``at`` when more must come first."""
        if self._chunk:
            taken = min(self._chunk, len(self._unread) - at)
            self._chunk -= taken
            if taken and not self._chunk:
                replies.append(_FINE)
            return at + taken
        end = self._unread.find(_END if self._content else b"\r\n", at)
        if end < 0:
            return at
        if self._content:
            self._content = False
            replies.append(_FINE)
            return end + len(_END)
        self._obey(self._unread[at:end], replies)
        return end + 2

    def _obey(self, command: bytes, replies: list[bytes]) -> None:
        match command[:4].upper():
            case b"EHLO":
                replies.append(self._offer.encode())
            case b"DATA":
                self._content = True
                replies.append(b"354 go on\r\n")
            case b"BDAT":
                self._chunk = int(command.split()[1])
                if not self._chunk:
                    replies.append(_FINE)
            case b"QUIT":
                self._transport.write(b"".join(replies) + b"221 2.0.0 Bye\r\n")
                self._transport.close()
                replies.clear()
            case _:
                replies.append(_FINE)


async def _serve(port: int, extensions: list[str]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(extensions), "127.0.0.1", port, backlog=int(_QUEUE))
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1]), sys.argv[2:]))
