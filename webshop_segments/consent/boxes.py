"""The boxes a customer sees: which channels are offered where, and the signed token that says what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from .. import clock
from ..directory.people import PersonKey
from ..errors import Refused
from ..i18n import _
from ..keys import Keys
from . import state, versions
from .models import ConsentText, ConsentVersion

PLACES = ("registration", "checkout", "guest_checkout", "profile")
TOKEN_FIELD = "consent_token"
_FORM_LIFE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Box:
    """One channel's box. Only the profile shows one ticked: it shows what holds (C01, C17)."""

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


def offered(
    session: Session, keys: Keys, place: str, person: PersonKey | None, language: str, default: str
) -> Offer | None:
    """What to show at a place; None where nothing is left to ask.

    :raises ValueError: for a place the plugin does not know.
    """
    if place not in PLACES:
        raise ValueError(f"consent_fields: place must be one of {', '.join(PLACES)}, not {place!r}")
    version = versions.current(session)
    if version is None:
        return None
    text = versions.text_in(version, language, default)
    held = {channel: shown for channel, (_row, shown) in state.of_person(session, person).items()} if person else {}
    boxes = tuple(
        Box(channel, text.labels.get(channel, channel), status == state.GRANTED, status)
        for channel, status in _wanted(place, version, held)
    )
    if not boxes:
        return None
    ticked = ",".join(box.channel for box in boxes if box.checked)
    payload = f"{version.number}|{text.language}|{place}|{int(clock.now().timestamp())}|{ticked}"
    return Offer(place, version, text, boxes, keys.sign("form", payload.encode()))


def _wanted(place: str, version: ConsentVersion, held: Mapping[str, str]) -> list[tuple[str, str]]:
    channels = list(version.channels)
    if place == "guest_checkout":
        channels = [channel for channel in channels if channel == "email"]
    if place == "profile":
        # A consent for a channel taken out of the newest version can still be withdrawn where it was given.
        channels += [channel for channel, status in held.items() if status == state.GRANTED and channel not in channels]
    wanted = [(channel, held.get(channel, state.NONE)) for channel in channels]
    if place == "profile":
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
    token = form.get(TOKEN_FIELD, "")
    if not token:
        return None
    payload = keys.verify("form", token)
    if payload is None:
        raise Refused(_("Your choice could not be read. Please open the page again and tick the boxes anew."))
    number, language, at_place, issued, ticked = payload.decode().split("|")
    version = versions.numbered(session, int(number))
    too_old = clock.now() - datetime.fromtimestamp(int(issued), UTC) > _FORM_LIFE
    if version is None or at_place != place or too_old:
        raise Refused(_("This page was open for too long. Please open it again and tick the boxes anew."))
    return Seen(version, language, frozenset(filter(None, ticked.split(","))))
