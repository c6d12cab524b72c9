"""The shop's own Flask-Migrate neither drops our tables nor makes them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask_migrate import Migrate

from tests.shops import Shop, make_shop


def flask(shop: Shop, *words: str) -> Any:
    result = shop.app.test_cli_runner().invoke(args=words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """The env.py that Flask-Migrate writes switches off every logger there is."""
    yield
    for name in logging.root.manager.loggerDict:
        logging.getLogger(name).disabled = False


def revision_text(folder: Path) -> str:
    (written,) = (folder / "versions").glob("*.py")
    return written.read_text("utf-8")


# The env.py that Flask-Migrate 4.1 writes asks for the engine in an old way.
@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated:DeprecationWarning")
@pytest.mark.parametrize("before_us", [True, False], ids=["filter of the shop", "Flask-Migrate added after us"])
def test_the_shops_autogenerate_leaves_our_tables_alone(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before_us: bool
) -> None:
    shop = make_shop(database_url)
    folder = tmp_path / "migrations"
    seen: list[str] = []

    def theirs(item: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
        seen.append(name)
        return name != "company"

    Migrate(shop.app, shop.db, directory=str(folder), **({"include_object": theirs} if before_us else {}))

    class Invoice(shop.db.Model):  # type: ignore[misc, name-defined]
        id = shop.db.Column(shop.db.Integer, primary_key=True)

    flask(shop, "db", "init")
    flask(shop, "db", "migrate", "-m", "next")

    text = revision_text(folder)
    assert "op.create_table('invoice'" in text
    assert "wss_" not in text
    assert ("company" in seen) == before_us
    flask(shop, "db", "upgrade")
    assert shop.app.test_cli_runner().invoke(args=["segments", "db", "check"]).output == "No difference.\n"
    with shop.app.app_context():
        shop.plugin.engine.dispose()
