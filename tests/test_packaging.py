"""What is built is complete: wheel and sdist carry every file, and the installed wheel shows a page."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.source import PACKAGE, PROJECT, modules

pytestmark = pytest.mark.once

FOLDERS = {PACKAGE: PACKAGE, "migrations": f"{PACKAGE}/migrations", "templates": f"{PACKAGE}/templates"}
"""Where the folders of the project lie in an installed package."""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_of(folder: str) -> set[Path]:
    return {
        path.relative_to(PROJECT / folder)
        for path in (PROJECT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(PROJECT / "setup.cfg", "utf-8")
    return parser


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    source = tmp_path_factory.mktemp("source")
    for folder in FOLDERS:
        shutil.copytree(PROJECT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / file, source)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", ".", cwd=source)
    return source / "dist"


def test_the_wheel_carries_every_file(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"{place}/{file.as_posix()}" for folder, place in FOLDERS.items() for file in files_of(folder)}
    assert wanted - inside == set()


def test_the_sdist_carries_every_file(built: Path) -> None:
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {f"{folder}/{file.as_posix()}" for folder in FOLDERS for file in files_of(folder)}
    assert wanted | {"LICENSE", "README.md", "setup.cfg", "pyproject.toml"} <= inside


def test_a_stranger_installs_the_wheel_and_sees_a_page(built: Path, tmp_path: Path) -> None:
    [wheel] = built.glob("*.whl")
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    script = PROJECT / "tests" / "support" / "stranger.py"
    page = run(python, "-I", script, tmp_path / "shop.sqlite", cwd=tmp_path)
    assert re.search(r'<input[^>]*type="password"', page)
    assert "bootstrap.min.css" in page


def test_setup_cfg_lists_every_package() -> None:
    inside = {module.name for module in modules() if module.path.name == "__init__.py"}
    mapped = {f"{PACKAGE}.migrations", f"{PACKAGE}.templates"}
    assert set(setup()["options"]["packages"].split()) == inside | mapped


def test_every_library_the_plugin_imports_is_declared() -> None:
    options = setup()
    extras = options["options.extras_require"]
    declared = "".join(
        [options["options"]["install_requires"], *(extras[name] for name in ("celery", "demo", "metrics"))]
    )
    names = {re.split(r"[^\w-]", line)[0].lower().replace("_", "-") for line in declared.split("\n") if line}
    # Nobody but pytest imports its plugin.
    loaded = [module for module in modules() if module.room != "pytest_plugin"]
    sources = "\n".join(module.path.read_text("utf-8") for module in loaded)
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", sources, re.MULTILINE)) - {PACKAGE}
    providers = packages_distributions()
    libraries = {name: providers[name] for name in imported - sys.stdlib_module_names if name in providers}
    missing = {
        name: found
        for name, found in libraries.items()
        if not {distribution.lower().replace("_", "-") for distribution in found} & names
    }
    assert not missing
