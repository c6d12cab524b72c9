"""The demo's folder: made at the first start, with secrets of its own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path

SECRETS = "secrets.json"


class DemoError(Exception):
    """The demo cannot start; the message is for the person at the terminal."""


def demo_folder() -> Path:
    return Path(os.environ.get("DEMO_FOLDER") or "demo-instance").expanduser().absolute()


def demo_port() -> int:
    """:raises DemoError: when PORT is no port."""
    given = os.environ.get("PORT") or "5000"
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 65536:
        raise DemoError(f"PORT={given} is no port. Choose a number like PORT=5001.")
    return int(given)


def open_folder(folder: Path) -> dict[str, str]:
    """Make the folder if there is none, and answer its secrets.

    :raises DemoError: when it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / SECRETS).exists():
            _write_secrets(folder / SECRETS)
        if not os.access(folder, os.W_OK):
            raise PermissionError(None, "Permission denied")
        found: dict[str, str] = json.loads((folder / SECRETS).read_text())
        return found
    except OSError as error:
        raise DemoError(
            f"The demo cannot write to {folder} ({error.strerror}). "
            "Start it in a folder of yours, or name one: DEMO_FOLDER=~/demo-instance make demo"
        ) from None


def delete_folder(folder: Path) -> None:
    """Delete the demo's folder with everything in it.

    :raises DemoError: when the folder is not the demo's, or cannot be deleted.
    """
    if not folder.exists():
        return
    if not (folder / SECRETS).exists():
        raise DemoError(f"{folder} was not made by the demo, so it is not deleted. Name another with DEMO_FOLDER=…")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise DemoError(
            f"{folder} cannot be deleted ({error.strerror}). Delete it yourself, then start again."
        ) from None


def _write_secrets(path: Path) -> None:
    made = {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "WSS_KEYS": f"demo:{secrets.token_urlsafe(32)}",
        "WSS_TWILIO_TOKEN": secrets.token_hex(16),
    }
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(made, file)
