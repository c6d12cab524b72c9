"""The limit: processes that do nothing but push one constant message through pipelined connections (RFC 2920)."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

_ENVELOPE = b"MAIL FROM:<news@shop.example>\r\nRCPT TO:<ada@customers.example>\r\nDATA\r\n"


def per_second(port: int, content: bytes, seconds: float, processes: int, connections: int) -> float:
    """Messages per second of all processes together.

    :param content: a message as it goes over the line, without the dot that ends it.
    :param connections: of each process, served in turn.
    """
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        # Once without counting, so that the processes are there when the clock starts.
        list(pool.map(_push, *_arguments(processes, port, content, 0.2, connections)))
        return sum(pool.map(_push, *_arguments(processes, port, content, seconds, connections)))


def _arguments(processes: int, *values: object) -> list[list[object]]:
    return [[value] * processes for value in values]


def _push(port: int, content: bytes, seconds: float, connections: int) -> float:
    """One process: the body and the next envelope leave in one write; four replies come back."""
    lines = [_opened(port) for _ in range(connections)]
    piece = content + b".\r\n" + _ENVELOPE
    for line in lines:
        line.sendall(_ENVELOPE)
        _replies(line, 3)
        line.sendall(piece)
    begin, sent = time.monotonic(), 0
    while (taken := time.monotonic() - begin) < seconds:
        for line in lines:
            _replies(line, 4)
            line.sendall(piece)
        sent += connections
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
