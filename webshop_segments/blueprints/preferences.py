"""The page behind every message's link: unsubscribing, preferences, and the person's own data (W52)."""

from __future__ import annotations

import json

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from ..consent import tokens
from ..consent.tokens import Link
from ..errors import Refused
from ..i18n import _, in_language, language
from ..plugin import plugin
from ..storefront import circumstances, own_data, preferences
from .public import bp, page

LATER = "later"
"""Told with the redirect: a message is on its way that asks for a confirmation."""


@bp.get("/u/<token>")
def unsubscribe_page(token: str) -> ResponseReturnValue:
    """The person's preferences behind the link of a message."""
    link = tokens.read_unsubscribe(plugin().keys, token)
    if link is None:
        inert = tokens.is_inert(plugin().keys, token)
        return page("inert.html" if inert else "unreadable.html"), 200
    return _shown(token, link)


@bp.post("/u/<token>")
def unsubscribe_one_click(token: str) -> ResponseReturnValue:
    """RFC 8058: 200, no redirect, the same neutral text for any token; twice is fine (E05, E08)."""
    wired = plugin()
    link = tokens.read_unsubscribe(wired.keys, token)
    if link is not None:
        preferences.stop(wired, link, "one_click", circumstances())
        wired.session.commit()
    return Response(_("You will get no further newsletters at this address."), mimetype="text/plain")


@bp.post("/u/<token>/<any(stop, stop_all, undo):verb>")
def change_preferences(token: str, verb: str) -> ResponseReturnValue:
    """The buttons of the preference page."""
    wired, where = plugin(), circumstances()
    link = tokens.read_unsubscribe(wired.keys, token)
    if link is not None and verb == "stop":
        preferences.stop(wired, link, preferences.PLACE, where)
    elif link is not None:
        {"stop_all": preferences.stop_all, "undo": preferences.undo}[verb](wired, link, where)
    wired.session.commit()
    return redirect(url_for(".unsubscribe_page", token=token, done=verb), 303)


@bp.post("/u/<token>/choose")
def choose(token: str) -> ResponseReturnValue:
    """The boxes: fewer, please, or more."""
    wired = plugin()
    link = tokens.read_unsubscribe(wired.keys, token)
    if link is None:
        return page("unreadable.html"), 404
    try:
        taken = preferences.choose(wired, link, request.form, circumstances())
    except Refused as refusal:
        wired.session.rollback()
        return _shown(token, link, refusal)
    wired.session.commit()
    if taken.problems:
        return _shown(token, link, Refused(" ".join(taken.problems)))
    done = "asked" if taken.requested else "chosen"
    return redirect(url_for(".unsubscribe_page", token=token, done=done), 303)


@bp.post("/u/<token>/data")
def mail_own_data(token: str) -> ResponseReturnValue:
    """Whoever holds the message may ask; the answer goes to the address it was sent to."""
    wired = plugin()
    link = tokens.read_unsubscribe(wired.keys, token)
    if link is None:
        return page("unreadable.html"), 404
    with in_language(preferences.locale_of(wired, link), language()):
        try:
            preferences.mail_own_data(wired, link)
        except Refused as refusal:
            wired.session.rollback()
            return _shown(token, link, refusal)
    wired.session.commit()
    return redirect(url_for(".unsubscribe_page", token=token, done="data"), 303)


@bp.get("/d/<token>")
def own_data_page(token: str) -> ResponseReturnValue:
    """Mail scanners open every link: only the button hands the data out."""
    link = tokens.read_own_data(plugin().keys, token)
    if link is None:
        return page("too_late_for_data.html"), 410
    with in_language(preferences.locale_of(plugin(), link), language()):
        return page("own_data.html", token=token)


@bp.post("/d/<token>")
def own_data_file(token: str) -> ResponseReturnValue:
    """Everything the plugin stores about the person, as a file."""
    wired = plugin()
    link = tokens.read_own_data(wired.keys, token)
    if link is None or not preferences.is_current(wired, link):
        return page("too_late_for_data.html"), 410
    content = json.dumps(own_data.collect(wired, link.person), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(content, mimetype="application/json", headers=headers)


def _shown(token: str, link: Link, refusal: Refused | None = None) -> ResponseReturnValue:
    wired = plugin()
    status = refusal.status if refusal is not None else 200
    with in_language(preferences.locale_of(wired, link), language()):
        if not preferences.is_current(wired, link):
            return page("old.html", token=token, link=link, done=request.args.get("done")), status
        shown = preferences.page(wired, link, request.form if refusal is not None else None)
        return (
            page(
                "preferences.html",
                token=token,
                link=link,
                shown=shown,
                done=request.args.get("done"),
                problem=str(refusal) if refusal is not None else None,
                code_token=wired.keys.sign("code form", f"{link.person.kind}:{link.person.ref}".encode()),
            ),
            status,
        )
