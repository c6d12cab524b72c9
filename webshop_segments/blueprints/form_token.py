"""A host that checks the token of every POST itself must not cost anybody the text of a form (W51)."""

from __future__ import annotations

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.exceptions import BadRequest
from wtforms import ValidationError

from .admin import bp


@bp.errorhandler(CSRFError)
def _refused_by_the_host(error: CSRFError) -> ResponseReturnValue:
    """Show the form again: the view's own form refuses the token too, and keeps what was typed."""
    try:
        validate_csrf(request.form.get(current_app.config["WTF_CSRF_FIELD_NAME"]))
    except ValidationError:
        return _view()
    # The token is good and something else is not, the referrer for example: the form would take it.
    return current_app.handle_user_exception(BadRequest(error.description))


def _view() -> ResponseReturnValue:
    view = current_app.view_functions[request.endpoint or ""]
    try:
        return current_app.ensure_sync(view)(**(request.view_args or {}))  # type: ignore[no-any-return]
    except Exception as raised:
        return current_app.handle_user_exception(raised)
