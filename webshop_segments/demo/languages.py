"""The shop's languages: which one a visitor reads, how she changes it, and the texts in it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel.speaklater import LazyString
from flask_login import current_user

from .german import GERMAN

LANGUAGES = {"en": "English", "de": "Deutsch"}

bp = Blueprint("languages", __name__)


def choose_language() -> str:
    """What the visitor chose, else what is written in her account, else what her browser asks for."""
    chosen = session.get("language") or getattr(current_user, "locale", None)
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def _(text: str, **values: Any) -> str:
    """The text in the visitor's language, with its {places} filled."""
    locale = get_locale()
    german = locale is not None and locale.language == "de"
    return (GERMAN.get(text, text) if german else text).format(**values)


def later(text: str) -> Any:
    """A text that is translated when it is shown, for forms that are defined before anybody visits."""
    return LazyString(_, text)


@bp.post("/language")
def switch() -> ResponseReturnValue:
    chosen = request.form.get("language")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(local_path(request.form.get("next")))


def local_path(path: str | None) -> str:
    """The path if it leads to a page of this shop, else the start page; never to a stranger's site."""
    # Browsers take a backslash for a slash, and drop control characters: "/\evil" and "/\t/evil" leave the shop.
    if path and path.isprintable() and path.startswith("/") and not path.startswith(("//", "/\\")):
        return path
    return "/"
