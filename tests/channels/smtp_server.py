"""A mail server on loopback that follows a script, above all a bad one."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.channels.smtp_script import STALL, Answer, Conversation, Fault, Rule

PIPELINING = "PIPELINING"
CHUNKING = "CHUNKING"


@dataclass
class Received:
    """A message that was taken over."""

    sender: str
    recipient: str
    content: bytes
    connection: int


@dataclass
class ScriptedServer:
    """Listens while the block lasts.

    :param context: for STARTTLS, or for TLS from the start.
    :param most_connections: how many it serves at a time; further ones are told 421.
    :param leaked: contents that came although their recipient was refused.
    """

    rules: list[Rule] = field(default_factory=list)
    extensions: tuple[str, ...] = ("SIZE 10000000",)
    context: ssl.SSLContext | None = None
    tls_at_once: bool = False
    most_connections: int = 99
    received: list[Received] = field(default_factory=list)
    leaked: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    serving: int = 0

    def __enter__(self) -> ScriptedServer:
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handle)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handle(self, request: Any, *_: Any) -> Any:
        with self._lock:
            self.connections += 1
            self.serving += 1
            number, full = self.connections, self.serving > self.most_connections
        try:
            with contextlib.suppress(OSError, _HungUp):
                _Talk(self, request, Conversation(number)).run(
                    "421 4.7.0 too many connections" if full else "220 ready"
                )
        finally:
            with self._lock:
                self.serving -= 1

    def answer(self, step: str, command: str, conversation: Conversation, usual: str) -> Answer:
        for rule in self.rules:
            with self._lock:
                applies = rule.applies(step, command)
            if applies:
                answer = rule.answer(conversation) if callable(rule.answer) else rule.answer
                if answer is not None:
                    return answer
        return usual


class _HungUp(Exception):
    """The server has left the conversation."""


class _Talk:
    def __init__(self, server: ScriptedServer, request: socket.socket, conversation: Conversation) -> None:
        self.server = server
        self.conversation = conversation
        request.settimeout(10)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = request
        self._file = request.makefile("rb")

    def run(self, greeting: str) -> None:
        try:
            if self.server.tls_at_once:
                self._encrypt()
            self._say("greeting", "", greeting)
            while line := self._file.readline():
                command = line.decode("utf-8", "replace").strip()
                self.server.commands.append(command)
                self._obey(command)
        finally:
            self._file.close()
            self._connection.close()

    def _obey(self, command: str) -> None:
        verb, talk = command.partition(" ")[0].upper(), self.conversation
        match verb:
            case "EHLO":
                offers = [f"250-{extension}" for extension in self.server.extensions]
                self._say(verb, command, "\r\n".join(["250-here", *offers, "250 HELP"]))
            case "STARTTLS":
                self._say(verb, command, "220 go")
                if self.server.context:
                    self._encrypt()
            case "AUTH":
                self._say(verb, command, "235 2.7.0 welcome")
            case "MAIL":
                if _is_good(self._say(verb, command, "503 5.5.1 nested" if talk.sender else "250 2.1.0 fine")):
                    talk.sender = _address(command)
            case "RCPT":
                talk.recipient = _address(command)
                usual = "250 2.1.5 fine" if talk.sender is not None else "503 5.5.1 no sender"
                talk.accepted = _is_good(self._say(verb, command, usual)) or talk.accepted
            case "DATA":
                usual = "354 go on" if talk.accepted else "554 5.5.1 no valid recipients"
                invitation = self._say(verb, talk.recipient, usual)
                if _said(invitation).startswith(b"354"):
                    self._take(self._content())
            case "BDAT":
                self._take(self._chunk(int(command.split()[1])))
            case "RSET":
                talk.forget()
                self._say(verb, command, "250 2.0.0 forgotten")
            case "QUIT":
                self._say(verb, command, "221 bye")
                raise _HungUp
            case _:
                self._say(verb, command, "250 2.0.0 fine")

    def _take(self, content: bytes) -> None:
        talk = self.conversation
        usual = f"250 2.0.0 Ok: queued as Q{talk.taken}" if talk.accepted else "554 5.5.1 no valid recipients"
        answer = self.server.answer("content", talk.recipient, talk, usual)
        if not talk.accepted:
            self.server.leaked += [content] if content else []
        elif _said(answer)[:2] in (b"", b"25"):
            received = Received(talk.sender or "", talk.recipient, content, talk.number)
            self.server.received.append(received)
            talk.taken += 1
        talk.forget()
        self._reply(answer)
        if after := self.server.answer("after", talk.recipient, talk, ""):
            self._reply(after)

    def _content(self) -> bytes:
        lines: list[bytes] = []
        while (line := self._file.readline()) != b".\r\n":
            self._come(line)
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _chunk(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            part = self._file.readline(size - len(content))
            self._come(part)
            content += part
        return content

    def _come(self, part: bytes) -> None:
        if not part:
            raise _HungUp
        fault = self.server.answer("body", self.conversation.recipient, self.conversation, "")
        if isinstance(fault, Fault):
            self._reply(fault)

    def _encrypt(self) -> None:
        assert self.server.context
        self._file.close()
        self._connection = self.server.context.wrap_socket(self._connection, server_side=True)
        self._file = self._connection.makefile("rb")

    def _say(self, step: str, command: str, usual: str) -> Answer:
        answer = self.server.answer(step, command, self.conversation, usual)
        self._reply(answer)
        return answer

    def _reply(self, answer: Answer) -> None:
        if isinstance(answer, tuple):
            for number, part in enumerate(answer):
                time.sleep(0.1 if number else 0)
                self._reply(part)
        elif isinstance(answer, Fault):
            if answer is STALL:
                self.server.closing.wait()
            raise _HungUp
        elif isinstance(answer, bytes):
            self._connection.sendall(answer)
        else:
            self._connection.sendall(answer.encode() + b"\r\n")
            if answer.startswith("421"):
                raise _HungUp


def _is_good(answer: Answer) -> bool:
    return _said(answer).startswith(b"25")


def _said(answer: Answer) -> bytes:
    """What the client hears; nothing where the server says nothing."""
    if isinstance(answer, tuple):
        return b"".join(map(_said, answer))
    if isinstance(answer, Fault):
        return b""
    return answer.encode() if isinstance(answer, str) else answer


def _address(command: str) -> str:
    found = re.search("<(.*)>", command)
    return found[1] if found else ""
