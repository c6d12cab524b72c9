"""The links in messages: unsubscribing, preferences, confirming. No login, no cookie; GET changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from .. import folders
from ..access import Actor
from ..consent import choices, state, suppression, tokens, versions
from ..consent.choices import Shown
from ..consent.models import ConsentRecord, ConsentState
from ..consent.tokens import Link
from ..directory import people
from ..directory.addresses import Address, mask
from ..errors import ConfigurationError, Refused
from ..i18n import LANGUAGES, _, in_language, language, template_names
from ..plugin import Plugin, plugin
from ..storefront import circumstances
from . import words

bp = Blueprint("wss_public", __name__, template_folder=str(folders.templates()))

HOLDER = "holder of the link"


@bp.before_request
def _right_keys() -> None:
    plugin().check_stamp()


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


@bp.get("/u/<token>")
def unsubscribe_page(token: str) -> ResponseReturnValue:
    """The person's preferences behind the link of a message."""
    wired = plugin()
    link = tokens.read_unsubscribe(wired.keys, token)
    if link is None:
        inert = tokens.is_inert(wired.keys, token)
        return _page("inert.html" if inert else "unreadable.html"), 200
    person = people.get(wired.session, wired.shop, link.person)
    consents = state.of_person(wired.session, link.person)
    with in_language(person.locale if person else None, language()):
        return _page(
            "preferences.html",
            token=token,
            link=link,
            consents=consents,
            history=state.history(wired.session, link.person),
            suppressed=suppression.reason_of(wired.session, link.channel, link.address_key),
            agreed=state.agreement(wired.session, link.person, link.channel),
            undoable=_undoable(wired, link),
            done=request.args.get("done"),
        )


@bp.post("/u/<token>")
def unsubscribe_one_click(token: str) -> ResponseReturnValue:
    """RFC 8058: 200, no redirect, the same neutral text for any token; twice is fine (E05, E08)."""
    wired = plugin()
    link = tokens.read_unsubscribe(wired.keys, token)
    if link is not None:
        _withdraw_address(wired, link, "one_click")
        wired.session.commit()
    return Response(_("You will get no further newsletters at this address."), mimetype="text/plain")


@bp.post("/u/<token>/<any(stop, stop_all, undo):verb>")
def change_preferences(token: str, verb: str) -> ResponseReturnValue:
    """The buttons of the preference page."""
    wired = plugin()
    link = tokens.read_unsubscribe(wired.keys, token)
    if link is not None:
        {"stop": _stop, "stop_all": _stop_all, "undo": _undo}[verb](wired, link)
        wired.session.commit()
    return redirect(url_for(".unsubscribe_page", token=token, done=verb), 303)


@bp.get("/c/<token>")
def confirmation_page(token: str) -> ResponseReturnValue:
    """Mail scanners open every link: only the button confirms (C14)."""
    requested = _requested(token)
    if requested is None:
        return _page("unreadable.html"), 404
    held = _held(requested)
    confirmed = held is not None and held.status == state.GRANTED
    with in_language(requested.language, language()):
        text = versions.text_in(requested.version, requested.language or "", "en") if requested.version else None
        return _page("confirm.html", token=token, requested=requested, text=text, confirmed=confirmed)


@bp.post("/c/<token>")
def confirm(token: str) -> ResponseReturnValue:
    wired, requested = plugin(), _requested(token)
    held = None
    if requested is not None:
        held = choices.confirm(wired.session, requested, Actor("customer", HOLDER, HOLDER), circumstances())
        wired.session.commit()
    if requested is None or held is None:
        return _page("too_late.html"), 410
    with in_language(requested.language, language()):
        return _page("confirmed.html", requested=requested)


@bp.post("/code/<channel>")
def confirm_code(channel: str) -> ResponseReturnValue:
    """The code sent to a phone, typed into the profile; the signed form says whose it is."""
    wired = plugin()
    person = request.form.get("consent_person", "")
    payload = wired.keys.verify("code form", person)
    back = _own_path(request.form.get("consent_back", "/"))
    if payload is None:
        return _page("unreadable.html"), 422
    kind, _separator, ref = payload.decode().partition(":")
    key, typed = people.PersonKey(kind, ref), request.form.get(f"consent_code_{channel}", "")
    actor = Actor("customer", ref, HOLDER)
    try:
        choices.confirm_code(wired.session, wired.keys, key, channel, typed, actor, circumstances())
    except Refused as refusal:
        wired.session.commit()  # the wrong guess is counted
        retry = person if refusal.status == 422 else None
        return _page("code.html", message=str(refusal), back=back, channel=channel, retry=retry), refusal.status
    wired.session.commit()
    return _page("code.html", message=_("Thank you, your number is confirmed."), back=back)


def _page(template: str, **values: Any) -> str:
    names = template_names() | words.filters() | {"wss_settings": plugin().settings, "mask": mask}
    names["wss_language"] = language() if language() in LANGUAGES else "en"
    return render_template(f"webshop_segments/public/{template}", **names, **values)


def _withdraw_address(wired: Plugin, link: Link, source: str) -> None:
    actor = Actor("customer", HOLDER, HOLDER)
    choices.withdraw_address(wired.session, link.channel, link.address_key, source, actor, circumstances())


def _stop(wired: Plugin, link: Link) -> None:
    _withdraw_address(wired, link, "preference_page")


def _stop_all(wired: Plugin, link: Link) -> None:
    """An objection to all direct marketing ends every channel of the person (GDPR 21(2), C43)."""
    actor = Actor("customer", HOLDER, HOLDER)
    for channel, (held, _status) in state.of_person(wired.session, link.person).items():
        if held.address_key is not None:
            choices.withdraw_address(
                wired.session, channel, held.address_key, "preference_page", actor, circumstances(),
                action="objected", reason=suppression.OBJECTED,
            )  # fmt: skip
    suppression.suppress(wired.session, link.channel, link.address_key, suppression.OBJECTED)


def _undo(wired: Plugin, link: Link) -> None:
    """Whoever holds the link gets this address's mail: her word turns the withdrawal back, for this person only."""
    agreed, held = _undoable(wired, link), state.get(wired.session, link.person, link.channel)
    if agreed is None or agreed.version is None or held is None:
        return
    shown = Shown(agreed.version, agreed.language or "", "preference_page")
    address = Address(held.address_seen or "", held.address or "", link.address_key)
    choices.give(
        wired.session, link.person, link.channel, address, shown, Actor("customer", HOLDER, HOLDER), circumstances()
    )


def _undoable(wired: Plugin, link: Link) -> ConsentRecord | None:
    """The consent an undo would bring back: the very text the page quotes, not a newer one nobody was shown (C04)."""
    held, version = state.get(wired.session, link.person, link.channel), versions.current(wired.session)
    if held is None or held.status != state.WITHDRAWN or held.address_key != link.address_key:
        return None
    if version is None or link.channel not in version.channels:
        return None
    reason = suppression.reason_of(wired.session, link.channel, link.address_key)
    if reason is not None and reason not in suppression.LIFTED_BY_GRANT:
        return None
    return state.agreement(wired.session, link.person, link.channel)


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
