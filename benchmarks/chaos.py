"""Processes that are killed at random moments, and started again a moment later."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Timer
from typing import Protocol

import psutil

from .processes import PROJECT

REST = 1.5
"""Seconds for which the killed are away at most."""


class Target(Protocol):
    """What can be killed."""

    def kill(self) -> None:
        """SIGKILL; nothing is told before."""

    def start(self) -> None:
        """As whoever runs it would."""


class Process:
    """A command, with its output in a file."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command, self._log = command, log
        self._environment = os.environ | dict(environment)
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=PROJECT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def children(self) -> list[psutil.Process]:
        """The processes it has started itself."""
        try:
            return psutil.Process(self._process.pid).children()
        except psutil.NoSuchProcess:
            return []


class Child:
    """Any one of a process's children; the parent sees to another."""

    def __init__(self, parent: Process, dice: random.Random) -> None:
        self._parent, self._dice = parent, dice

    def start(self) -> None:
        pass

    def kill(self) -> None:
        children = self._parent.children()
        if children:
            self._dice.choice(children).kill()


class Chaos:
    """Kills one target after the other.

    :param targets: name → target and how often it is hit, in relation to the others.
    :param pause: seconds between two kills, on average.
    """

    def __init__(self, targets: Mapping[str, tuple[Target, float]], dice: random.Random, pause: float) -> None:
        self._targets, self._dice, self._pause = targets, dice, pause
        self._away: dict[str, Timer] = {}
        self.kills: Counter[str] = Counter()

    def rage(self, over: Callable[[], bool], deadline: float) -> bool:
        """Go on until it is over; False when it is not by then, on the monotonic clock."""
        following = time.monotonic()
        while not over():
            if time.monotonic() > deadline:
                return False
            following += self._dice.expovariate(1 / self._pause)
            while time.monotonic() < following and not over():
                time.sleep(min(0.5, max(0.0, following - time.monotonic())))
            self._hit()
        return True

    def calm(self) -> None:
        """Wait until everybody is back."""
        for timer in self._away.values():
            timer.join()

    def _hit(self) -> None:
        names, weights = list(self._targets), [weight for _, weight in self._targets.values()]
        name = self._dice.choices(names, weights)[0]
        target, away = self._targets[name][0], self._dice.uniform(0, REST)
        if name in self._away and self._away[name].is_alive():
            return
        target.kill()
        self.kills[name] += 1
        self._away[name] = Timer(away, target.start)
        self._away[name].start()
