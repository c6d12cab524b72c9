"""The standard library's SMTP client, bounded in time and length, and open to being broken off by another thread."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import sys
import threading
from time import monotonic

MOST_LINES = 128
LONGEST_LINE = 8192

_RECORD = 16384
"""A TLS record holds no more: what fails to leave in one piece of this size, the server cannot read at all."""

FAREWELL_SECONDS = 2.0
"""A server that is slow to say goodbye is not waited for longer."""


class Closed(smtplib.SMTPServerDisconnected):
    """The server ended the connection."""


class Breaker:
    """Lets another thread break off a connection at any moment, from before its first packet on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._broken = False

    def watch(self, sock: socket.socket) -> None:
        """:raises OSError: it was broken off before."""
        with self._lock:
            if self._broken:
                raise OSError("broken off")
            # A duplicate stays the same connection when TLS takes the socket over.
            self._handle = sock.dup()

    def break_off(self) -> None:
        """What is read or written ends at once, and there is no new connection before :meth:`mend`."""
        with self._lock:
            self._broken = True
            if self._handle is not None:
                with contextlib.suppress(OSError):
                    self._handle.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        with self._lock:
            self._broken = False

    def release(self) -> None:
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None


class BoundedSMTP(smtplib.SMTP):
    """Reads replies up to a time, a length and a number of lines, and speaks only after all of them were read.

    :param timeout: seconds for each reply and for each writing.
    :param context: for a port that speaks TLS from the start.
    """

    def __init__(
        self, host: str, port: int, *, timeout: float, breaker: Breaker, context: ssl.SSLContext | None = None
    ) -> None:
        self._breaker = breaker
        self._context = context
        self._unread = b""
        self.fault = ""
        """Why the last writing did not end."""
        super().__init__(host, port, timeout=timeout)

    def connect(self, host: str = "localhost", port: int = 0, source_address: object = None) -> tuple[int, bytes]:
        sock = self._reached(host, port)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(sock, server_hostname=host) if self._context else sock
        return self.getreply()

    def _reached(self, host: str, port: int) -> socket.socket:
        # socket.create_connection would keep its socket to itself, out of the breaker's reach, until it is connected.
        fault: OSError = OSError("it has no address")
        for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            sock = socket.socket(family, kind, protocol)
            try:
                self._breaker.watch(sock)
                sock.settimeout(self.timeout)
                sock.connect(place)
                return sock
            except OSError as error:
                sock.close()
                self._breaker.release()
                fault = error
        raise fault

    def send(self, s: bytes | str) -> None:  # type: ignore[override]
        data = s.encode(self.command_encoding) if isinstance(s, str) else s
        if self.write(data) < len(data):
            raise smtplib.SMTPServerDisconnected(self.fault)

    def write(self, data: bytes) -> int:
        """How many octets left; where they are not all, the connection is lost and the rest never arrives."""
        if self._unread:
            raise smtplib.SMTPServerDisconnected("it gave more replies than there were commands")
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("there is no connection")
        if self.debuglevel:
            print("send:", repr(data), file=sys.stderr)
        until, left = monotonic() + self.timeout, 0
        try:
            while left < len(data):
                if left and monotonic() > until:
                    raise TimeoutError
                left += self.sock.send(data[left : left + _RECORD])
        except TimeoutError:
            self.fault = f"it did not take the message within {self.timeout:g} s"
        except OSError as error:
            self.fault = str(error)
        return left

    def getreply(self) -> tuple[int, bytes]:
        """Code and text of the next reply; the code is -1 where there is none.

        :raises Closed: the server ended the connection.
        :raises SMTPServerDisconnected: it said nothing in time, or did not come to an end.
        """
        until = monotonic() + self.timeout
        lines: list[bytes] = []
        try:
            while len(lines) < MOST_LINES:
                line, ended, rest = self._unread.partition(b"\n")
                if not ended:
                    self._read_on(until if lines or line else None)
                    continue
                self._unread = rest
                lines.append(line[4:].strip())
                if not line[:3].isdigit():
                    return -1, line.strip()
                if line[3:4] != b"-":
                    return int(line[:3]), lines[0] if len(lines) == 1 else b"\n".join(lines)
            raise OSError("its reply had no end")
        except OSError as error:
            self.close()
            if isinstance(error, ConnectionError):
                raise Closed(str(error)) from error
            reason = f"it did not answer within {self.timeout:g} s" if isinstance(error, TimeoutError) else str(error)
            raise smtplib.SMTPServerDisconnected(reason) from error

    def _read_on(self, until: float | None) -> None:
        if self.sock is None:
            raise OSError("there is no connection")
        if len(self._unread) > LONGEST_LINE:
            raise OSError("its reply was a line without end")
        if until is not None:
            self.sock.settimeout(max(until - monotonic(), 0.001))
        more = self.sock.recv(LONGEST_LINE)
        if until is not None:
            self.sock.settimeout(self.timeout)
        if not more:
            raise ConnectionError("it closed the connection")
        self._unread += more

    @property
    def has_said_more(self) -> bool:
        """Whether there is more than the replies that were read."""
        return bool(self._unread)

    def is_silent(self) -> bool:
        """Whether the connection is open and nothing was said on it since the last reply."""
        if self.sock is None or self._unread:
            return False
        self.sock.settimeout(0)
        try:
            self.sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            self.sock.settimeout(self.timeout)
            return True
        except OSError:
            pass
        return False

    def quit(self) -> tuple[int, bytes]:
        self.timeout = min(self.timeout, FAREWELL_SECONDS)
        if self.sock is not None:
            self.sock.settimeout(self.timeout)
        return super().quit()

    def close(self) -> None:
        super().close()
        self._breaker.release()
