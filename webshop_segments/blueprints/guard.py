"""Permission flags on admin views: a stranger is challenged, whoever lacks the flag gets 403 (W12)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, current_app, request
from flask.typing import ResponseReturnValue

from ..access import FLAGS, Actor
from ..plugin import plugin

View = Callable[..., ResponseReturnValue]


def permission(flag: str) -> Callable[[View], View]:
    """Let only administrators with the flag see a view; the flag stays readable as ``view.permission``."""
    if flag not in FLAGS:
        raise ValueError(f"{flag!r} is no permission flag")

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            plugin().check_stamp()
            access = plugin().access
            if access.actor() is None:
                return access.challenge()
            if not access.can(flag):
                abort(403)
            if request.method == "OPTIONS":
                return current_app.make_default_options_response()
            return view(*args, **kwargs)

        guarded.permission = flag  # type: ignore[attr-defined]
        # Flask would answer OPTIONS itself, before the flag is looked at.
        guarded.required_methods = {"OPTIONS"}  # type: ignore[attr-defined]
        guarded.provide_automatic_options = False  # type: ignore[attr-defined]
        return guarded

    return guard


def actor() -> Actor:
    """The administrator of this request; only inside a view with a permission."""
    current = plugin().access.actor()
    if current is None:
        abort(403)
    return current


def masked() -> bool:
    """Whether names and addresses are hidden from the current administrator (W53)."""
    return not plugin().access.can("personal_data.view")
