"""What a scripted mail server does when: rules for the steps of its conversations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Fault(Enum):
    """What a server does instead of answering."""

    DROP = "closes the connection"
    STALL = "says nothing"


DROP, STALL = Fault

Answer = Fault | str | bytes | tuple[Fault | str | bytes, ...]
"""A reply line; octets as they are; or several of these with a tenth of a second between them.

After a line that says 421 the server closes the connection.
"""


@dataclass
class Conversation:
    """One connection.

    :param taken: how many messages the server took over on it.
    :param recipient: the last one named.
    :param accepted: whether a message for it may come.
    """

    number: int
    taken: int = 0
    sender: str | None = None
    recipient: str = ""
    accepted: bool = False

    def forget(self) -> None:
        self.sender, self.accepted = None, False


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
    """A rule for a step: greeting, a command, body (some of it has come), content (all of it has), after (it was
    answered, and nobody asked for more).

    :param to: part of the command, or of the recipient's address, it is limited to.
    :param skip: how many times the usual answer comes first.
    """
    return lambda: Rule(step, answer, to, skip, times)
