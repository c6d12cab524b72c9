"""The newsletter sign-up form for people without an account (W28): shown anywhere, the same answer for any address."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, current_app, render_template, url_for
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.session import JoinTransactionMode

from ..consent import boxes
from ..consent.boxes import Offer
from ..errors import SegmentsError
from ..i18n import _, language, template_names
from ..plugin import plugin

log = logging.getLogger(__name__)

HONEYPOT = "website"
"""A field no person sees; programs that fill in forms fill it in too."""

_PROFILE = "webshop_segments.profile"


def newsletter_signup(id: str = "wss-signup") -> Markup:
    """The sign-up form, for any footer; a link to the profile for whoever is logged in, empty before version 1.

    :param id: begins the ids of its elements, where a page has two of them.
    """
    names = template_names() | form_names(id)
    return Markup(render_template("webshop_segments/storefront/signup.html", **names))


def profile_page(app: Flask, address: Callable[[], str | None]) -> None:
    """Tell the sign-up form where a customer who is logged in chooses her news (W28).

    :param address: asked in a request: the profile's address, None for a guest. Without it Flask-Login is asked
        whether anybody is logged in, and she is told to look into her profile.
    """
    app.extensions[_PROFILE] = address


def profile_address() -> str | None:
    """Where the current visitor's profile is: None for a guest, "" where only that she is logged in is known."""
    told = current_app.extensions.get(_PROFILE)
    if told is not None:
        address: str | None = told()
        return address
    logged_in = hasattr(current_app, "login_manager") and current_user.is_authenticated
    return "" if logged_in else None


def form_names(id: str, posted: Mapping[str, str] | None = None, **errors: str) -> dict[str, Any]:
    """What the form's template needs.

    :param posted: what comes back to be corrected.
    :param errors: field → what to mend.
    """
    profile = profile_address()
    offer = _offer(posted) if profile is None else None
    needs_number = offer is not None and any(box.channel != "email" for box in offer.boxes)
    names = {"id": id, "offer": offer, "profile": profile, "posted": posted or {}, "errors": errors}
    return names | {
        "honeypot": HONEYPOT,
        "needs_number": needs_number,
        "action": url_for("wss_public.sign_up"),
    }


def _offer(posted: Mapping[str, str] | None) -> Offer | None:
    """Read in a session of its own on the host's connection.

    A footer stands on every page, also on those about a failure: it writes nothing of the host's, and a fault of ours
    leaves the host's transaction as it was.
    """
    wired = plugin()
    try:
        connection = wired.session.connection()
        # A statement that fails ends a transaction of PostgreSQL's; on SQLite a savepoint would begin one, and the
        # host could no longer write once somebody else has.
        mode: JoinTransactionMode = "create_savepoint" if connection.dialect.name == "postgresql" else "rollback_only"
        with Session(connection, join_transaction_mode=mode, expire_on_commit=False) as session:
            offer = boxes.offered(
                session, wired.keys, "signup_form", None, language(), wired.settings.default_locale, posted
            )
            session.expunge_all()
    except (SQLAlchemyError, SegmentsError):
        log.exception("the newsletter sign-up form is not shown")
        return None
    return offer


def sent_sentence() -> str:
    """What everybody is told, whatever is known about the address."""
    return _("Thank you. If this address can get our news, there is a message on its way to it: please confirm there.")
