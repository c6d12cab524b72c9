"""Refuses and notes every connection that is not to this machine."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


@contextmanager
def outside_connections() -> Iterator[list[str]]:
    """The addresses outside this machine that were called; each call was refused."""
    attempted: list[str] = []

    def guarded(method: str) -> Any:
        original = getattr(socket.socket, method)

        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_this_machine(address[0]):
                attempted.append(f"{address[0]}:{address[1]}")
                raise OSError(errno.ENETUNREACH, "tests do not call the outside world")
            return original(self, address)

        return mock.patch.object(socket.socket, method, connect)

    with guarded("connect"), guarded("connect_ex"):
        yield attempted


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"
