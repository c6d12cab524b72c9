"""The admin blueprint: what all its pages share."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from .. import folders
from ..errors import ConfigurationError, Refused
from ..i18n import _, language, template_names
from ..plugin import plugin
from . import menu, words
from .forms import Form
from .guard import masked

bp = Blueprint(
    "wss_admin",
    __name__,
    static_folder="../static",
    static_url_path="/static",
    template_folder=str(folders.templates()),
)

log = logging.getLogger(__name__)

OWN_BASE = "webshop_segments/admin/base.html"


def page(template: str, form: Form | None = None, **values: Any) -> ResponseReturnValue:
    """An admin page; a refused form answers with the refusal's status."""
    return render(template, form=form, **values), form.status if form is not None else 200


def render(template: str, **values: Any) -> str:
    """An admin template with everything all of them share."""
    return render_template(f"webshop_segments/admin/{template}", **values)


def refused(form: Form) -> ResponseReturnValue:
    """The answer to a button that could not do its work: the refusal, or what to do about an old page."""
    token = getattr(form, "csrf_token", None)
    if token is not None and token.errors:
        posted = [(name, value) for name, value in request.form.items(multi=True) if name != token.name]
        return page("again.html", form=form, posted=posted)
    message = " ".join(str(error) for error in form.form_errors)
    return page("error.html", form=form, message=message or _("Nothing was changed. Go back and try again."))


def done(message: str, endpoint: str, **values: Any) -> ResponseReturnValue:
    """Say what was done and go on (POST, redirect, GET)."""
    flash(message, "success")
    return redirect(url_for(endpoint, **values), 303)


@bp.context_processor
def _shared() -> dict[str, Any]:
    wired = plugin()
    return template_names() | {
        "wss_base": wired.settings.base_template,
        "wss_settings": wired.settings,
        "wss_menu": menu.entries(wired.access),
        "wss_actor": wired.access.actor(),
        "wss_language": language(),
        "can": wired.access.can,
        "masked": masked(),
        **words.filters(),
    }


@bp.errorhandler(Refused)
def _refused(refusal: Refused) -> ResponseReturnValue:
    plugin().session.rollback()
    return render("error.html", message=str(refusal)), refusal.status


@bp.errorhandler(ConfigurationError)
def _misconfigured(error: ConfigurationError) -> ResponseReturnValue:
    return render("error.html", message=str(error)), 503


@bp.errorhandler(HTTPException)
def _http_error(error: HTTPException) -> ResponseReturnValue:
    sentences = {
        400: _("This page was open for too long. Go back, load it again and repeat what you did."),
        403: _("You do not have the permission for this page. Ask the main administrator for it."),
        404: _("This page does not exist."),
    }
    if error.code is None or error.code < 400:
        return error
    message = sentences.get(error.code, error.description or "")
    return render("error.html", message=message), error.code


@bp.errorhandler(DataError)
@bp.errorhandler(OverflowError)
def _impossible(error: Exception) -> ResponseReturnValue:
    """Typed into the address bar: a number beyond 64 bits, a NUL character."""
    plugin().session.rollback()
    log.warning("refused what no database can hold", exc_info=error)
    status = 404 if request.method == "GET" else 422
    return render("error.html", message=_("There is nothing with this number or name. Go back and try again.")), status


@bp.after_request
def _headers(response: Response) -> Response:
    """Strict headers for our own pages; a host's base template has needs of its own."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
        if plugin().settings.base_template == OWN_BASE:
            policy = (
                "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
            )
            response.headers.setdefault("Content-Security-Policy", policy)
    return response
