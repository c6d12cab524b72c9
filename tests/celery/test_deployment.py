"""The deployment files and the operator's handbook name only commands and options that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from celery.bin.celery import celery

from tests.support.source import PROJECT
from webshop_segments.cli import segments

pytestmark = pytest.mark.once

FILES = [PROJECT / "docs" / "operations.md", *sorted(path for path in (PROJECT / "deploy").rglob("*.*"))]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_command_exists(file: Path) -> None:
    unknown = [
        f"{name} {' '.join(words)}: {fault}"
        for name, group in (("flask segments", segments), ("celery", celery))
        for words in _uses(file.read_text("utf-8"), name)
        if (fault := _fault(group, words))
    ]
    assert not unknown


@pytest.mark.parametrize("name", ["segments-celery.service", "compose.yaml"])
def test_a_celery_worker_serves_our_queue(name: str) -> None:
    [words] = [words for words in _uses(_file(name), "celery") if "worker" in words]
    assert "--queues=webshop_segments" in "=".join(words)


@pytest.mark.parametrize("file", [path for path in FILES if path.suffix == ".service"], ids=lambda path: path.name)
def test_a_unit_gives_its_processes_time_to_end(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "Restart=always" in text
    if "work" in text.partition("ExecStart=")[2].partition("\n")[0]:
        assert "KillMode=mixed" in text
        assert "TimeoutStopSec=15" in text


def _file(name: str) -> str:
    return (PROJECT / "deploy" / "thirty-machines" / name).read_text("utf-8")


def _uses(text: str, name: str) -> Iterator[list[str]]:
    """The words behind a command's name, in a shell's line, a unit, or a list in YAML."""
    one_line = re.sub(r"\\?\n +- |\\\n", " ", text)
    plain = re.sub(r'([\[\]", ]|/\S*/bin/)+', " ", one_line)
    for match in re.finditer(rf"(?<![\w/.-]){name}((?: [\w@%=:/.-]+)+)", plain):
        yield match[1].split()


def _fault(command: click.Command, words: list[str]) -> str | None:
    known: set[str] = set()
    for word in words:
        known.update(option for param in command.params for option in param.opts)
        if isinstance(command, click.Group) and word in command.commands:
            command = command.commands[word]
        elif word.startswith("--") and word.partition("=")[0] not in known:
            return f"there is no option {word}"
    return "there is no such command" if isinstance(command, click.Group) and command is not celery else None
