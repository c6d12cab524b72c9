"""The boxes a customer sees: which channels are offered where, and the signed token that says what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from .. import clock
from ..directory.addresses import CHANNELS
from ..directory.people import PersonKey
from ..errors import Refused
from ..i18n import _
from ..keys import Keys
from . import state, versions
from .models import ConsentText, ConsentVersion

PLACES = ("registration", "checkout", "guest_checkout", "profile")
OWN_PLACES = ("signup_form", "preference_page")
"""Forms on pages of ours."""

SHOWING_STATE = ("profile", "preference_page")
"""Where a box shows what holds, and taking a tick away withdraws (C17)."""

TOKEN_FIELD = "consent_token"
_FORM_LIFE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Box:
    """One channel's box. It is ticked where it shows what holds, or what the person has just ticked (C01, C17)."""

    channel: str
    label: str
    checked: bool
    status: str

    @property
    def field(self) -> str:
        return f"consent_{self.channel}"


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything a form shows and posts back."""

    place: str
    version: ConsentVersion
    text: ConsentText
    boxes: tuple[Box, ...]
    token: str


def place_of(place: str, *, logged_in: bool) -> str:
    """The place of the shop that is meant: a checkout without login is a guest's (W22, W23).

    :raises ValueError: for a place the plugin does not know, a profile without login.
    """
    if place not in PLACES:
        raise ValueError(f"place must be one of {', '.join(PLACES)}, not {place!r}")
    if place == "profile" and not logged_in:
        raise ValueError("the profile is somebody's: pass contact_ref=")
    if place == "checkout" and not logged_in:
        return "guest_checkout"
    return place


def asked_at(place: str, version: ConsentVersion) -> list[str]:
    """The channels a place may ask for: of a guest e-mail (W23), of nobody without name and address calls (C22)."""
    left_out = {"guest_checkout": set(CHANNELS) - {"email"}, "signup_form": {"phone"}}.get(place, set())
    return [channel for channel in version.channels if channel not in left_out]


def ticked(form: Mapping[str, str]) -> frozenset[str]:
    """The channels a form was posted with."""
    return frozenset(channel for channel in CHANNELS if form.get(f"consent_{channel}"))


def offered(
    session: Session,
    keys: Keys,
    place: str,
    person: PersonKey | None,
    language: str,
    default: str,
    posted: Mapping[str, str] | None = None,
) -> Offer | None:
    """What to show at a place; None where nothing is left to ask.

    :param posted: a form that comes back to be corrected; what was ticked in it stays ticked, if it showed this text.
    """
    version = versions.current(session)
    if version is None:
        return None
    text = versions.text_in(version, language, default)
    held = {channel: shown for channel, (_row, shown) in state.of_person(session, person).items()} if person else {}
    boxes = _boxes(place, version, text, held)
    if not boxes:
        return None
    granted = ",".join(box.channel for box in boxes if box.checked)
    payload = f"{version.number}|{text.language}|{place}|{int(clock.now().timestamp())}|{granted}"
    chosen = _chosen_before(keys, place, version, posted) if posted is not None else None
    if chosen is not None:
        boxes = tuple(replace(box, checked=box.channel in chosen) for box in boxes)
    return Offer(place, version, text, boxes, keys.sign("form", payload.encode()))


def _chosen_before(keys: Keys, place: str, version: ConsentVersion, posted: Mapping[str, str]) -> frozenset[str] | None:
    payload = keys.verify("form", posted.get(TOKEN_FIELD, ""))
    if payload is None or payload.decode().split("|")[:3:2] != [str(version.number), place]:
        return None
    return ticked(posted)


def preview(place: str, version: ConsentVersion, text: ConsentText, held: Mapping[str, str]) -> Offer | None:
    """What a person in whom these states hold would be shown, of a version that need not be published."""
    boxes = _boxes(place, version, text, held)
    return Offer(place, version, text, boxes, token="") if boxes else None


def _boxes(place: str, version: ConsentVersion, text: ConsentText, held: Mapping[str, str]) -> tuple[Box, ...]:
    return tuple(
        Box(channel, text.labels.get(channel, channel), status == state.GRANTED, status)
        for channel, status in _wanted(place, version, held)
    )


def _wanted(place: str, version: ConsentVersion, held: Mapping[str, str]) -> list[tuple[str, str]]:
    channels = asked_at(place, version)
    if place in SHOWING_STATE:
        # A consent for a channel taken out of the newest version can still be withdrawn where it was given.
        channels += [channel for channel, status in held.items() if status == state.GRANTED and channel not in channels]
    wanted = [(channel, held.get(channel, state.NONE)) for channel in channels]
    if place in SHOWING_STATE:
        return wanted
    return [(channel, status) for channel, status in wanted if status != state.GRANTED]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a posted token proves the person saw."""

    version: ConsentVersion
    language: str
    ticked: frozenset[str]


def seen(session: Session, keys: Keys, place: str, form: Mapping[str, str]) -> Seen | None:
    """Read the token back; None when the form showed no boxes.

    :raises Refused: for a forged, foreign or outdated token.
    """
    fields = signed(keys, place, form)
    if fields is None:
        return None
    number, language, _place, _issued, ticked = fields
    version = versions.numbered(session, int(number))
    if version is None:
        raise _too_old()
    return Seen(version, language, frozenset(filter(None, ticked.split(","))))


def signed(keys: Keys, place: str, form: Mapping[str, str]) -> list[str] | None:
    """What the token says, without asking the database; None when the form showed no boxes.

    :raises Refused: for a forged, foreign or outdated token.
    """
    token = form.get(TOKEN_FIELD, "")
    if not token:
        return None
    payload = keys.verify("form", token)
    if payload is None:
        raise Refused(_("Your choice could not be read. Please open the page again and tick the boxes anew."))
    fields = payload.decode().split("|")
    if fields[2] != place or clock.now() - datetime.fromtimestamp(int(fields[3]), UTC) > _FORM_LIFE:
        raise _too_old()
    return fields


def _too_old() -> Refused:
    return Refused(_("This page was open for too long. Please open it again and tick the boxes anew."))
