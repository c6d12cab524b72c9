"""A window on its way: it is sent by a thread of its own, and broken off where it keeps a stopping worker too long."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextvars import copy_context
from time import monotonic

from ...channel import Message, Outcome, Sender

PATIENCE = 5.0
"""Seconds a window may still take when the worker has been told to stop."""


class Flight:
    """``answers`` grows while it is under way."""

    def __init__(self, pool: ThreadPoolExecutor, sender: Sender, messages: Sequence[Message], until: float) -> None:
        self._sender, self._messages, self._until = sender, messages, until
        self.answers: list[Outcome] = []
        self.seconds = 0.0
        self._done = pool.submit(copy_context().run, self._send)

    def land(self, stop: threading.Event) -> BaseException | None:
        """Wait for the end; returns the fault that ended it early."""
        patience: float | None = None
        while True:
            try:
                return self._done.exception(timeout=0.2)
            except NotYet:
                if patience is None and stop.is_set():
                    patience = monotonic() + PATIENCE
                if patience is not None and monotonic() > patience:
                    self._sender.abort()
                    return self._done.exception()

    def _send(self) -> None:
        begun = monotonic()
        for answer in self._sender.send(self._messages, self._until):
            self.answers.append(answer)
        self.seconds = monotonic() - begun
