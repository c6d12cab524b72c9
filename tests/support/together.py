"""Runs pieces of work in threads that start at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from flask import Flask

T = TypeVar("T")


def together(app: Flask, *pieces: Callable[[], T]) -> list[T]:
    """The results in the order of the pieces; each ran in an app context, so with a session, of its own."""
    start = Barrier(len(pieces))

    def run(piece: Callable[[], T]) -> T:
        with app.app_context():
            start.wait(10)
            return piece()

    with ThreadPoolExecutor(len(pieces)) as threads:
        return list(threads.map(run, pieces))
