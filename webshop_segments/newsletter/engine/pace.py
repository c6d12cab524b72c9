"""How many messages to take at a time, learnt from how fast the last ones left."""

from __future__ import annotations

_FIRST_WINDOW = 10
_WINDOWS_PER_CLAIM = 20
_BRIEF = 0.25


class Pace:
    """A window is what leaves in about a second, a claim what leaves in half a lease; a slow channel stops as promptly.

    :param most: the channel's largest window.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.window = min(_FIRST_WINDOW, most)
        self._per_second: float | None = None
        self.brief = False
        """Whether a window leaves so quickly that it is worth marking the next meanwhile."""

    def learn(self, count: int, seconds: float) -> None:
        """``count`` messages took so long; a window at most doubles."""
        if count:
            self.brief = seconds < _BRIEF
            self._per_second = count / max(seconds, 0.001)
            self.window = max(1, min(self._most, 2 * self.window, round(self._per_second)))

    def claim(self, lease_seconds: float) -> int:
        """How many rows to take under one lease."""
        most = _WINDOWS_PER_CLAIM * self._most
        if self._per_second is None:
            return min(most, _WINDOWS_PER_CLAIM * self.window)
        return max(1, min(most, round(self._per_second * lease_seconds / 2)))
