"""Messages that "arrived" in the demo, one file each, numbered by their time of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import time_ns

MESSAGES_ON_A_PAGE = 50


@dataclass(frozen=True)
class Page:
    """The messages of one page, newest first, and the pages beside it."""

    numbers: Sequence[int]
    total: int
    newer: int | None
    older: int | None


class Inbox:
    """A folder of messages."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self._folder = folder
        self._suffix = suffix
        self._lock = Lock()
        self._last = 0

    def keep(self, content: bytes) -> int:
        """Store a message; a reader sees it whole or not at all."""
        with self._lock:
            number = self._last = max(self._last + 1, time_ns())
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._path(number).with_suffix(".part")
        unfinished.write_bytes(content)
        unfinished.rename(self._path(number))
        return number

    def read(self, number: int) -> bytes:
        """:raises FileNotFoundError: when there is no such message."""
        return self._path(number).read_bytes()

    def page(self, number: int) -> Page:
        """The page of that number, counted from 1 at the newest."""
        found = sorted((int(path.stem) for path in self._folder.glob(f"*{self._suffix}")), reverse=True)
        number = max(1, number)
        end = number * MESSAGES_ON_A_PAGE
        return Page(
            numbers=found[end - MESSAGES_ON_A_PAGE : end],
            total=len(found),
            newer=number - 1 if number > 1 else None,
            older=number + 1 if end < len(found) else None,
        )

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}{self._suffix}"


def arrived_at(number: int) -> datetime:
    return datetime.fromtimestamp(number / 1e9, UTC)
