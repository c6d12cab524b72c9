"""The limit: processes that do nothing but push one constant message through pipelined connections (RFC 2920).

usage: python -m benchmarks.bare PORT SECONDS CONNECTIONS <MESSAGE
"""

from __future__ import annotations

import socket
import sys
import time
from contextlib import ExitStack
from subprocess import PIPE, Popen

from .processes import PROJECT

_ENVELOPE = b"MAIL FROM:<news@shop.example>\r\nRCPT TO:<ada@customers.example>\r\nDATA\r\n"


def per_second(port: int, content: bytes, seconds: float, processes: int, connections: int) -> float:
    """Messages per second of all processes together.

    :param content: a message as it goes over the line, without the dot that ends it.
    :param connections: of each process, served in turn.
    """
    command = [sys.executable, "-m", "benchmarks.bare", str(port), str(seconds), str(connections)]
    with ExitStack() as stack:
        pushing = [stack.enter_context(Popen(command, cwd=PROJECT, stdin=PIPE, stdout=PIPE)) for _ in range(processes)]
        for process in pushing:
            assert process.stdin
            process.stdin.write(content)
            process.stdin.close()
        return sum(float(process.stdout.read()) for process in pushing if process.stdout)


def _push(port: int, content: bytes, seconds: float, connections: int) -> float:
    """One process: the body and the next envelope leave in one write; four replies come back."""
    lines = [_opened(port) for _ in range(connections)]
    piece = content + b".\r\n" + _ENVELOPE
    for line in lines:
        line.sendall(_ENVELOPE)
        _replies(line, 3)
        line.sendall(piece)
    begin, sent, taken = time.monotonic(), 0, 0.0
    while taken < seconds:
        for line in lines:
            _replies(line, 4)
            line.sendall(piece)
        sent += connections
        taken = time.monotonic() - begin
    for line in lines:
        line.close()
    return sent / taken


def _opened(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=15)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _replies(line, 1)
    line.sendall(b"EHLO bare\r\n")
    while b"\r\n250 " not in line.recv(4096):
        pass
    return line


def _replies(line: socket.socket, count: int) -> None:
    while count > 0:
        received = line.recv(4096)
        if not received:
            raise ConnectionError("the sink hung up")
        count -= received.count(b"\r\n")


if __name__ == "__main__":
    print(_push(int(sys.argv[1]), sys.stdin.buffer.read(), float(sys.argv[2]), int(sys.argv[3])))
