"""The public pages and the links in messages. No login, no cookie; GET changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from .. import folders
from ..access import customer
from ..consent import choices, state, tokens, versions
from ..consent.models import ConsentRecord, ConsentState
from ..directory import people
from ..directory.addresses import mask
from ..errors import ConfigurationError, Refused
from ..i18n import LANGUAGES, _, in_language, language, template_names
from ..plugin import plugin
from ..storefront import circumstances, newsletter_signup
from ..storefront.preferences import HOLDER
from . import words

bp = Blueprint("wss_public", __name__, template_folder=str(folders.templates()))


@bp.record_once
def _offer_the_form(setup: Any) -> None:
    setup.app.jinja_env.globals.setdefault("newsletter_signup", newsletter_signup)


@bp.before_request
def _right_keys() -> None:
    plugin().check_stamp()


@bp.after_request
def _private(response: Response) -> Response:
    """Nobody keeps these pages, and no third party learns their addresses, which open them."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@bp.errorhandler(ConfigurationError)
def _misconfigured(error: ConfigurationError) -> ResponseReturnValue:
    """The mail provider tries again later; the shop's log says what to mend."""
    current_app.logger.error("%s", error)
    return Response(_("This page does not work at the moment. Please try again later."), 503, mimetype="text/plain")


@bp.url_value_preprocessor
def _exempt_from_csrf(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """RFC 8058, 3.1: the mail provider posts without cookie and token; the signed link is the proof."""
    csrf = current_app.extensions.get("csrf")
    if csrf is not None:
        csrf.exempt(bp)


def page(template: str, **values: Any) -> str:
    """A public template with everything all of them share."""
    names = template_names() | words.filters() | {"wss_settings": plugin().settings, "mask": mask}
    names["wss_language"] = language() if language() in LANGUAGES else "en"
    return render_template(f"webshop_segments/public/{template}", **names, **values)


@bp.get("/c/<token>")
def confirmation_page(token: str) -> ResponseReturnValue:
    """Mail scanners open every link: only the button confirms (C14)."""
    requested = _requested(token)
    if requested is None:
        return page("unreadable.html"), 404
    held = _held(requested)
    confirmed = held is not None and held.status == state.GRANTED
    with in_language(requested.language, language()):
        text = versions.text_in(requested.version, requested.language or "", "en") if requested.version else None
        return page("confirm.html", token=token, requested=requested, text=text, confirmed=confirmed)


@bp.post("/c/<token>")
def confirm(token: str) -> ResponseReturnValue:
    wired, requested = plugin(), _requested(token)
    held = None
    if requested is not None:
        held = choices.confirm(wired.session, requested, HOLDER, circumstances())
        wired.session.commit()
    if requested is None or held is None:
        return page("too_late.html"), 410
    with in_language(requested.language, language()):
        return page("confirmed.html", requested=requested)


@bp.post("/code/<channel>")
def confirm_code(channel: str) -> ResponseReturnValue:
    """The code sent to a phone, typed into the profile; the signed form says whose it is."""
    wired = plugin()
    person = request.form.get("consent_person", "")
    payload = wired.keys.verify("code form", person)
    back = _own_path(request.form.get("consent_back", "/"))
    if payload is None:
        return page("unreadable.html"), 422
    kind, _separator, ref = payload.decode().partition(":")
    refusal = take_code(people.PersonKey(kind, ref), channel)
    if refusal is None:
        return page("code.html", message=_("Thank you, your number is confirmed."), back=back)
    retry = person if refusal.status == 422 else None
    return page("code.html", message=str(refusal), back=back, channel=channel, retry=retry), refusal.status


def take_code(person: people.PersonKey, channel: str) -> Refused | None:
    """Try the code of the current form; the refusal, if it is one, is returned because the guess must be counted."""
    wired, typed = plugin(), request.form.get(f"consent_code_{channel}", "")
    refusal = None
    try:
        choices.confirm_code(wired.session, wired.keys, person, channel, typed, customer(person.ref), circumstances())
    except Refused as refused:
        refusal = refused
    wired.session.commit()
    return refusal


def _requested(token: str) -> ConsentRecord | None:
    record_id = tokens.read_confirmation(plugin().keys, token)
    return plugin().session.get(ConsentRecord, record_id) if record_id is not None else None


def _held(requested: ConsentRecord) -> ConsentState | None:
    evidence = requested.evidence
    if evidence is None or evidence.person_kind is None or evidence.person_ref is None:
        return None
    key = people.PersonKey(evidence.person_kind, evidence.person_ref)
    return state.get(plugin().session, key, requested.channel)


def _own_path(path: str) -> str:
    """A path of this shop, never a stranger's address."""
    plain = path.isprintable() and path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if plain else "/"
