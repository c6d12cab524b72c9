"""Distance on one machine: a relay of TCP connections that holds back every byte for a while, in both directions.

usage: python -m benchmarks.relay PORT TARGET_PORT SECONDS
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .processes import free_port, serving


@contextmanager
def distant(port: int, seconds: float) -> Iterator[int]:
    """The port behind which the server of another port seems to be so many seconds away, one way."""
    here = free_port()
    with serving([sys.executable, "-m", "benchmarks.relay", str(here), str(port), str(seconds)], here):
        yield here


class _Side(asyncio.Protocol):
    """One end of a connection; what comes in here goes out at the other end, later and in the same order."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._waiting: deque[bytes] = deque()
        self._other: _Side | None = None
        self._transport: asyncio.Transport | None = None

    def join(self, other: _Side) -> None:
        self._other, other._other = other, self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._pass_on_later(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._pass_on_later(b"")

    def _pass_on_later(self, data: bytes) -> None:
        self._waiting.append(data)
        asyncio.get_running_loop().call_later(self._delay, self._pass_on)

    def _pass_on(self) -> None:
        data = self._waiting.popleft()
        out = self._other._transport if self._other else None
        if out is None or out.is_closing():
            return
        if data:
            out.write(data)
        else:
            out.close()


class _Near(_Side):
    """The end a client has connected to; only then is the server called."""

    def __init__(self, delay: float, port: int) -> None:
        super().__init__(delay)
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._calling = asyncio.ensure_future(self._call())

    async def _call(self) -> None:
        far = _Side(self._delay)
        self.join(far)
        await asyncio.get_running_loop().create_connection(lambda: far, "127.0.0.1", self._port)


async def _serve(port: int, target: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Near(seconds, target), "127.0.0.1", port, backlog=500)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
