"""A mail server on loopback that follows a script, above all a bad one."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Fault(Enum):
    """What a server does instead of answering."""

    DROP = "closes the connection"
    STALL = "says nothing"


DROP, STALL = Fault

Answer = Fault | str | bytes | tuple[str | bytes, ...]
"""A reply, or parts of one with a tenth of a second between them."""


@dataclass
class Rule:
    """What is answered at a step, instead of the usual."""

    step: str
    answer: Answer | Callable[[Conversation], Answer | None]
    to: str
    skip: int
    times: int

    def applies(self, step: str, command: str) -> bool:
        if step != self.step or self.to not in command:
            return False
        self.skip -= 1
        if self.skip < 0:
            self.times -= 1
        return self.skip < 0 <= self.times


def on(step: str, answer: Any, *, to: str = "", skip: int = 0, times: int = 10**6) -> Callable[[], Rule]:
    """A rule for a step: greeting, a command, body (its first line has come) or content (all of it has).

    :param to: part of the command it is limited to.
    :param skip: how many times the usual answer comes first.
    """
    return lambda: Rule(step, answer, to, skip, times)


@dataclass
class Conversation:
    """One connection."""

    number: int
    taken: int = 0
    sender: str = ""
    recipient: str = ""


@dataclass
class Received:
    sender: str
    recipient: str
    content: bytes


@dataclass
class ScriptedServer:
    """Listens while the block lasts.

    :param context: for STARTTLS, or for TLS from the start.
    """

    rules: list[Rule] = field(default_factory=list)
    extensions: tuple[str, ...] = ("SIZE 10000000",)
    context: ssl.SSLContext | None = None
    tls_at_once: bool = False
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> ScriptedServer:
        self.closing = threading.Event()
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
        self.connections += 1
        with contextlib.suppress(OSError, _HungUp):
            _Talk(self, request, Conversation(self.connections)).run()

    def answer(self, step: str, command: str, conversation: Conversation, usual: str) -> Answer:
        for rule in self.rules:
            if rule.applies(step, command):
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
        self._connection = request
        self._file = request.makefile("rb")

    def run(self) -> None:
        try:
            if self.server.tls_at_once:
                self._encrypt()
            self._say("greeting", "", "220 ready")
            while line := self._file.readline():
                command = line.decode("utf-8", "replace").strip()
                self.server.commands.append(command)
                self._obey(command)
        finally:
            self._file.close()
            self._connection.close()

    def _obey(self, command: str) -> None:
        verb, talk = command.partition(" ")[0].upper(), self.conversation
        if verb == "EHLO":
            offers = [f"250-{extension}" for extension in self.server.extensions]
            self._say(verb, command, "\r\n".join(["250-here", *offers, "250 HELP"]))
        elif verb == "STARTTLS":
            self._say(verb, command, "220 go")
            if self.server.context:
                self._encrypt()
        elif verb == "AUTH":
            self._say(verb, command, "235 2.7.0 welcome")
        elif verb == "DATA":
            invitation = self.server.answer(verb, command, talk, "354 go on")
            self._reply(invitation)
            if isinstance(invitation, str) and not invitation.startswith("354"):
                return
            content = self._content()
            answer = self.server.answer("content", talk.recipient, talk, f"250 2.0.0 Ok: queued as Q{talk.taken}")
            if isinstance(answer, Fault | tuple) or answer[:3] in ("250", b"250"):
                self.server.received.append(Received(talk.sender, talk.recipient, content))
                talk.taken += 1
            self._reply(answer)
        elif verb == "QUIT":
            self._say(verb, command, "221 bye")
            raise _HungUp
        else:
            found = re.search("<(.*)>", command)
            if verb == "MAIL" and found:
                talk.sender = found[1]
            if verb == "RCPT" and found:
                talk.recipient = found[1]
            self._say(verb, command, "250 2.1.0 fine")

    def _content(self) -> bytes:
        lines: list[bytes] = []
        while (line := self._file.readline()) != b".\r\n":
            if not line or self.server.answer("body", self.conversation.recipient, self.conversation, "") is DROP:
                raise _HungUp
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _encrypt(self) -> None:
        assert self.server.context
        self._file.close()
        self._connection = self.server.context.wrap_socket(self._connection, server_side=True)
        self._file = self._connection.makefile("rb")

    def _say(self, step: str, command: str, usual: str) -> None:
        self._reply(self.server.answer(step, command, self.conversation, usual))

    def _reply(self, answer: Answer) -> None:
        if answer is STALL:
            self.server.closing.wait()
        if isinstance(answer, Fault):
            raise _HungUp
        for number, part in enumerate(answer if isinstance(answer, tuple) else (answer,)):
            time.sleep(0.1 if number else 0)
            encoded = part.encode() if isinstance(part, str) else part
            self._connection.sendall(encoded if isinstance(answer, bytes | tuple) else encoded + b"\r\n")
