"""The newsletter sign-up form: a page of its own, and where the one in the shop's footer is posted to (W28)."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from ..consent import tokens
from ..errors import Refused
from ..i18n import _
from ..plugin import plugin
from ..storefront import circumstances, newcomers, signup
from .public import bp, page, take_code


@bp.get("/signup")
def signup_page() -> ResponseReturnValue:
    """The form; who is logged in chooses in her profile."""
    profile = signup.profile_address()
    return redirect(profile, 303) if profile else page("signup.html", **signup.form_names("wss-signup-page"))


@bp.post("/signup")
def sign_up() -> ResponseReturnValue:
    """Ask the address to confirm, and say the same whatever is known about it."""
    wired, profile = plugin(), signup.profile_address()
    if profile is not None:
        return redirect(profile or url_for(".signup_page"), 303)
    token = ""
    if not request.form.get(signup.HONEYPOT):
        try:
            token = newcomers.sign_up(wired, request.form, circumstances())
        except Refused as refusal:
            wired.session.rollback()
            return _again(refusal), refusal.status
        wired.session.commit()
    return redirect(url_for(".signed_up", code=token or None), 303)


@bp.get("/signup/sent")
def signed_up() -> ResponseReturnValue:
    """The neutral answer, with a place for the code where one was asked for."""
    return _sent(signup.sent_sentence(), request.args.get("code", ""))


@bp.post("/signup/code/<channel>")
def signup_code(channel: str) -> ResponseReturnValue:
    """The code that went to the number."""
    wired, token = plugin(), request.form.get("newcomer", "")
    read = tokens.read_newcomer(wired.keys, token)
    person = newcomers.newcomer(wired.session, read[0]) if read is not None else None
    if read is None or person is None:
        return page("unreadable.html"), 422
    refusal = take_code(person.key, channel)
    if refusal is not None:
        return _sent(str(refusal), token), refusal.status
    others = [name for name in read[1] if name != channel]
    left = tokens.newcomer_token(wired.keys, read[0], others) if others else ""
    return _sent(_("Thank you, your number is confirmed."), left)


def _sent(sentence: str, token: str) -> str:
    read = tokens.read_newcomer(plugin().keys, token)
    return page("signed_up.html", sentence=sentence, token=token, channels=read[1] if read is not None else [])


def _again(refusal: Refused) -> str:
    names = signup.form_names("wss-signup-page", request.form, **{refusal.field or "form": str(refusal)})
    return page("signup.html", **names)
