"""The laws of the house: each test reads the source and forbids a whole class of mistake."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from tests.support.source import PACKAGE, PROJECT, Module, imported_modules, imports, modules

pytestmark = pytest.mark.once

FLOORS = (
    {"administration", "notices"},
    {"directory"},
    {"consent"},
    {"segments"},
    {"subscribers"},
    {"newsletter"},
    {"models", "migration"},
    {"blueprints", "cli", "processes", "storefront", "tasks", "uninstalling"},
    {"extension", ""},
    {"demo", "pytest_plugin", "testing"},
)
"""From the bottom up; the small files lie below them all."""

EDGES = re.compile(
    r"(blueprints|cli|demo)/.*|(migration|tasks|testing)\.py|newsletter/engine/(duty|notice_mail|preparation|window|worker)\.py"
)
"""Where a transaction may end: views, commands, and the steps of the worker."""

EVERYTHING = (PACKAGE, "migrations", "tests")


def floor(room: str) -> int:
    return next((number for number, rooms in enumerate(FLOORS, 1) if room in rooms), 0)


def by_name() -> dict[str, Module]:
    return {module.name: module for module in modules()}


def test_imports_point_downwards() -> None:
    upward = [
        f"{module.name} imports {target}"
        for module in modules()
        for target in imported_modules(module)
        if module.room and floor(by_name()[target].room) > floor(module.room)
    ]
    assert not upward


def test_no_imports_go_in_a_circle() -> None:
    files = {module.name: imported_modules(module) for module in modules()}
    TopologicalSorter(files).prepare()
    rooms: dict[str, set[str]] = {}
    for module in modules():
        targets = {by_name()[target].room for target in imported_modules(module)}
        rooms.setdefault(module.room, set()).update(targets - {module.room})
    TopologicalSorter(rooms).prepare()


def test_the_demo_shop_is_a_guest_with_the_public_interface_only() -> None:
    front_door = by_name()[PACKAGE].tree
    public = [node.names for node in front_door.body if isinstance(node, ast.ImportFrom)]
    allowed = {f"{PACKAGE}.{alias.asname or alias.name}" for names in public for alias in names}
    inside = [
        module.at(node)
        for module in modules()
        if module.room == "demo"
        for name, node in imports(module)
        if name not in allowed and not name.startswith(f"{PACKAGE}.demo")
    ]
    assert not inside


def test_only_edges_commit() -> None:
    commits = [
        module.at(call)
        for module in modules()
        if not EDGES.fullmatch(module.place.removeprefix(f"{PACKAGE}/"))
        for call, name in module.calls()
        if name.endswith((".commit", ".begin"))
    ]
    assert not commits


def test_blueprints_hold_no_sql() -> None:
    sql = [
        module.at(call)
        for module in modules()
        if module.room == "blueprints"
        for call, name in module.calls()
        if re.fullmatch(r"(.*\.)?(select|execute|scalars?|query)|(insert|text)", name)
    ]
    assert not sql


def test_time_comes_from_the_clock() -> None:
    clocks = [
        module.at(call)
        for module in modules()
        if module.room != "clock"
        for call, name in module.calls()
        if re.search(r"\b(datetime|date)\.(now|today|utcnow|utcfromtimestamp)$", name)
        and not (module.room == "demo" and call.args)
    ]
    assert not clocks


def test_money_is_never_a_float() -> None:
    money = r"(amount|cost|money|price|revenue|total|turnover)"
    float_money = re.compile(rf"\b(Double|Float|REAL)\b[(),\]]|\w*{money}\w*: [^=,)]*\bfloat\b|\bfloat\([^)]*{money}")
    floats = [
        f"{module.place}: {line.strip()}"
        for module in modules(PACKAGE, "migrations")
        for line in module.path.read_text("utf-8").splitlines()
        if float_money.search(line)
    ]
    assert not floats


def test_every_module_opens_with_what_it_is_for() -> None:
    assert not [module.place for module in modules(*EVERYTHING) if not ast.get_docstring(module.tree)]


def test_no_file_grows_past_250_lines() -> None:
    lengths = {m.place: len(m.path.read_text("utf-8").splitlines()) for m in modules(PACKAGE, "tests")}
    assert not {place: lines for place, lines in lengths.items() if lines > 250}


def test_nothing_is_named_after_nothing() -> None:
    vague = re.compile(r"utils?(\b|_)|helper|manager", re.IGNORECASE)
    definitions = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    files = [module.name for module in modules(*EVERYTHING)]
    named = [n.name for m in modules(*EVERYTHING) for n in ast.walk(m.tree) if isinstance(n, definitions)]
    assert not [name for name in files + named if vague.search(name)]


def test_no_test_is_skipped() -> None:
    ways = re.compile(r"(pytest|mark|unittest)\.(skip|skipif|skipIf|xfail|importorskip)")
    skipped = [
        module.at(node)
        for module in modules("tests")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and ways.search(ast.unparse(node))
    ]
    assert not skipped


def test_nothing_is_left_to_do() -> None:
    words = r"\b(TODO|FIXME|XXX)\b"
    later = re.compile(rf"(#|//|<!--).*{words}")
    sources = [path for folder in (*EVERYTHING, "templates") for path in (PROJECT / folder).rglob("*.*")]
    left = [
        f"{path.relative_to(PROJECT)}: {line.strip()}"
        for path in sources
        if path.suffix in {".py", ".html", ".txt", ".css", ".js"} and "vendor" not in path.parts
        for line in path.read_text("utf-8").splitlines()
        if later.search(line)
    ]
    assert not left


def test_nothing_happens_at_import() -> None:
    names = [module.name for module in modules() if not module.name.endswith("__main__")]
    program = f"""
import importlib, sys, threading
import flask, sqlalchemy, sqlalchemy.engine

def refused(*args, **kwargs):
    raise SystemExit("an import made an app or an engine")

flask.Flask.__init__ = sqlalchemy.create_engine = sqlalchemy.engine.create_engine = refused

def watch(event, args):
    if event in ("socket.connect", "sqlite3.connect", "subprocess.Popen"):
        raise SystemExit("an import caused " + event)

sys.addaudithook(watch)
for name in {names}:
    importlib.import_module(name)
if threading.active_count() > 1:
    raise SystemExit("an import started a thread")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_vendored_files_are_the_published_ones() -> None:
    vendor = PROJECT / PACKAGE / "static" / "vendor"
    noted = json.loads((vendor / "VENDOR.json").read_text("utf-8"))
    found = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.glob("*/**/*")
        if path.is_file()
    }
    assert found == {name: entry["sha256"] for name, entry in noted.items()}
