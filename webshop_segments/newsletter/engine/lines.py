"""What a worker keeps between claims: open lines to the providers, their pace, and the last compiled message."""

from __future__ import annotations

from time import monotonic

from ...channel import Channel, Sender
from ...plugin import Plugin
from ..models import Dispatch
from .pace import Pace
from .window import Compiled

IDLE_SECONDS = 5.0
_COMPILED_FOR = 60.0
"""Seconds; the compiled message carries its Date."""


class Lines:
    """Opening a line costs several round trips, so it stays open while there is work."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._open: dict[int, tuple[Channel, Sender, float]] = {}
        self._paces: dict[str, Pace] = {}
        self._last: tuple[int, float, Compiled] | None = None

    def open(self, channel: Channel) -> Sender:
        """:raises ChannelError: when nothing can be sent at all."""
        sender = self._open[id(channel)][1] if id(channel) in self._open else channel.open().__enter__()
        self._open[id(channel)] = channel, sender, monotonic()
        return sender

    def pace(self, channel: Channel) -> Pace:
        return self._paces.setdefault(channel.name, Pace(channel.window))

    def compiled(self, dispatch: Dispatch) -> Compiled:
        """:raises Refused: for a template that cannot be rendered."""
        if self._last is None or self._last[0] != dispatch.id or monotonic() > self._last[1] + _COMPILED_FOR:
            self._last = dispatch.id, monotonic(), Compiled(dispatch, self._plugin)
        return self._last[2]

    def drop(self, channel: Channel) -> None:
        """Close one line."""
        if id(channel) in self._open:
            self._open.pop(id(channel))[1].__exit__(None, None, None)

    def close_idle(self) -> None:
        """Close the lines nothing was sent on for a while."""
        for channel, _sender, used in list(self._open.values()):
            if monotonic() > used + IDLE_SECONDS:
                self.drop(channel)

    def close(self) -> None:
        for channel, _sender, _used in list(self._open.values()):
            self.drop(channel)
