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
        self._open: dict[str, tuple[Sender, float]] = {}
        self._paces: dict[str, Pace] = {}
        self._last: tuple[int, float, Compiled] | None = None

    def open(self, channel: Channel) -> Sender:
        """:raises ChannelError: when nothing can be sent at all."""
        sender = self._open[channel.name][0] if channel.name in self._open else channel.open().__enter__()
        self._open[channel.name] = sender, monotonic()
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
        if channel.name in self._open:
            self._open.pop(channel.name)[0].__exit__(None, None, None)

    def close_idle(self) -> None:
        """Close the lines nothing was sent on for a while."""
        for name, (_sender, used) in list(self._open.items()):
            if monotonic() > used + IDLE_SECONDS:
                self.drop(self._plugin.channels[name])

    def close(self) -> None:
        for name in list(self._open):
            self.drop(self._plugin.channels[name])
