"""How a version's boxes look at each place of the shop, drawn by the template the shop itself uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template
from markupsafe import Markup

from ..consent import boxes, state
from ..consent.models import ConsentText, ConsentVersion
from ..consent.versions import MATERIAL
from ..i18n import _, in_language, template_names
from ..plugin import plugin


@dataclass(frozen=True, slots=True)
class Sample:
    """A place with its boxes, None where nothing is asked there."""

    title: str
    html: Markup | None


def samples(version: ConsentVersion, before: ConsentVersion | None) -> dict[str, list[Sample]]:
    """Per language of a version what customers see at every place.

    :param before: to whose channels one of the customers has agreed.
    """
    places: list[tuple[str, str, Mapping[str, str]]] = [
        (_("When registering"), "registration", {}),
        (_("When ordering, logged in"), "checkout", {}),
        (_("When ordering as a guest"), "guest_checkout", {}),
        (_("In the profile"), "profile", {}),
    ]
    if before:
        title = _("In the profile of who agreed to version %(number)s", number=before.number)
        places.append((title, "profile", {channel: _after(version) for channel in before.channels}))
    return {
        text.language: [
            Sample(title, _drawn(f"{text.language}-{number}", place, version, text, held))
            for number, (title, place, held) in enumerate(places)
        ]
        for text in version.texts
    }


def _after(version: ConsentVersion) -> str:
    return state.NEEDS_RENEWAL if version.change == MATERIAL else state.GRANTED


def _drawn(name: str, place: str, version: ConsentVersion, text: ConsentText, held: Mapping[str, str]) -> Markup | None:
    offer = boxes.preview(place, version, text, held)
    if offer is None:
        return None
    with in_language(text.language, plugin().settings.default_locale):
        html = render_template(
            "webshop_segments/storefront/consent_fields.html", offer=offer, code_token=None, **template_names()
        )
    # A place stands on this page once for each language and customer, and an id may do so only once.
    return Markup(html.replace(f"wss-{place}-", f"wss-{name}-"))
