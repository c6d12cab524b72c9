"""Where the templates and migrations lie: inside an installed package, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path


def templates() -> Path:
    """The folder to search for ``webshop_segments/…`` templates."""
    return _folder("templates")


def migrations() -> Path:
    """The folder of the Alembic environment."""
    return _folder("migrations")


def _folder(name: str) -> Path:
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
