"""The deployment files and the operator's handbook name only commands and options that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from celery.bin.celery import celery
from sqlalchemy import text

from tests.shops import Shop
from tests.support.source import PROJECT
from webshop_segments.cli import segments

HANDBOOK = PROJECT / "docs" / "operations.md"
FILES = [HANDBOOK, *sorted(path for path in (PROJECT / "deploy").rglob("*.*"))]


@pytest.mark.once
@pytest.mark.parametrize("file", FILES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_command_exists(file: Path) -> None:
    unknown = [
        f"{name} {' '.join(words)}: {fault}"
        for name, group in (("flask segments", segments), ("celery", celery))
        for words in _uses(file.read_text("utf-8"), name)
        if (fault := _fault(group, words))
    ]
    assert not unknown


@pytest.mark.once
@pytest.mark.parametrize("name", ["segments-celery.service", "compose.yaml"])
def test_a_celery_worker_serves_our_queue(name: str) -> None:
    [words] = [words for words in _uses(_file(name), "celery") if "worker" in words]
    assert "--queues=webshop_segments" in "=".join(words)


@pytest.mark.once
@pytest.mark.parametrize("file", [path for path in FILES if path.suffix == ".service"], ids=lambda path: path.name)
def test_a_unit_gives_its_processes_time_to_end(file: Path) -> None:
    unit = file.read_text("utf-8")
    assert "Restart=always" in unit
    if "work" in unit.partition("ExecStart=")[2].partition("\n")[0]:
        assert "KillMode=mixed" in unit
        assert "TimeoutStopSec=15" in unit


def test_the_statements_of_the_handbook_let_nothing_leave(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    sent = [shop.send(shop.newsletter(), control_copy=False) for _ in range(4)]
    for dispatch, status in zip(sent, ("scheduled", "preparing", "sending", "finished"), strict=True):
        dispatch.status = status
    shop.session.commit()

    for block in re.findall(r"```sql\n(.*?)```", HANDBOOK.read_text("utf-8"), re.DOTALL):
        for statement in filter(str.strip, block.split(";")):
            shop.session.execute(text(statement))
    shop.session.commit()
    shop.session.expire_all()

    assert [dispatch.status for dispatch in sent] == ["cancelled", "cancelled", "paused", "finished"]
    assert sent[0].finished_at is not None
    shop.work()
    assert shop.email.sent == []


def _file(name: str) -> str:
    return (PROJECT / "deploy" / "thirty-machines" / name).read_text("utf-8")


def _uses(content: str, name: str) -> Iterator[list[str]]:
    """The words behind a command's name, in a shell's line, a unit, or a list in YAML."""
    one_line = re.sub(r"\\?\n +- |\\\n", " ", content)
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
