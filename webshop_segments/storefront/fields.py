"""The consent boxes, to stand inside the shop's own form."""

from __future__ import annotations

import logging

from flask import has_request_context, render_template, request
from jinja2 import Undefined
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from ..consent import boxes
from ..db import savepoint
from ..directory import people
from ..errors import ConfigurationError
from ..i18n import language, template_names
from ..plugin import plugin

log = logging.getLogger(__name__)


def consent_fields(place: str, *, contact_ref: object | None = None) -> Markup:
    """The consent boxes for a place of the shop; empty before version 1. A form sent back keeps its ticks.

    :param place: ``registration``, ``checkout``, ``guest_checkout`` or ``profile``; a checkout without
        ``contact_ref`` is a guest's and asks for e-mail only (W22, W23).
    :param contact_ref: the customer's key where she is logged in; undefined in the template is as good as None.
    :raises ValueError: for another place, and for a profile without ``contact_ref``.
    """
    wired = plugin()
    if isinstance(contact_ref, Undefined):
        contact_ref = None  # what a template makes of current_user.id, of whoever is not logged in
    place = boxes.place_of(place, logged_in=contact_ref is not None)
    person = people.contact_key(wired.shop, str(contact_ref)) if contact_ref is not None else None
    posted = request.form if has_request_context() and request.method == "POST" else None
    wired.session.flush()  # a fault in the shop's own rows is the shop's to see
    try:
        with savepoint(wired.session):
            wired.check_stamp()
            offer = boxes.offered(
                wired.session, wired.keys, place, person, language(), wired.settings.default_locale, posted
            )
    except (SQLAlchemyError, ConfigurationError):
        log.exception("the consent boxes of %s are not shown", place)
        return Markup("")
    if offer is None:
        return Markup("")
    names = template_names()
    if place == "profile" and person is not None:
        names["code_token"] = wired.keys.sign("code form", f"{person.kind}:{person.ref}".encode())
    return Markup(render_template("webshop_segments/storefront/consent_fields.html", offer=offer, **names))
