"""The project's own Python files, read and not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PACKAGE = "webshop_segments"


@dataclass(frozen=True)
class Module:
    """A file with its dotted name; a package is known by its own name, without ``__init__``."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        return self.path.relative_to(PROJECT).as_posix()

    @property
    def room(self) -> str:
        """The room or the small file it belongs to, '' for the package's front door."""
        return self.name.removeprefix(PACKAGE).lstrip(".").partition(".")[0]

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Each call with the dotted name of what is called, as it is written."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node, ast.unparse(node.func)

    def at(self, node: ast.stmt | ast.expr) -> str:
        return f"{self.place}:{node.lineno}: {ast.unparse(node).splitlines()[0]}"


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """The modules below some folders of the project, the plugin's own where none is named."""
    paths = sorted(path for folder in folders or (PACKAGE,) for path in (PROJECT / folder).rglob("*.py"))
    return tuple(Module(_name(path), path, ast.parse(path.read_text("utf-8"), str(path))) for path in paths)


def imports(module: Module) -> Iterator[tuple[str, ast.stmt]]:
    """What of the plugin a module imports, wherever it does so, those for types only included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = _source(module, node)
            names = [f"{source}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((name, node) for name in names if name.partition(".")[0] == PACKAGE)


def imported_modules(module: Module) -> set[str]:
    """The same as names of modules."""
    known = {other.name for other in modules()}
    return {name if name in known else name.rpartition(".")[0] for name, _ in imports(module)} - {module.name}


def _source(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.name.split(".")
    above = node.level - (module.path.name == "__init__.py")
    return ".".join([*package[: len(package) - above], *filter(None, [node.module])])


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
