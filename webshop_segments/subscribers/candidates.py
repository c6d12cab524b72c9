"""A row of an import as what it claims: an address, a name, channels, and the proof that somebody agreed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .. import clock
from ..directory.addresses import normalise
from ..errors import Refused
from ..keys import Keys
from ..settings import Settings
from . import editing

EMAIL_LENGTH = 254
SOURCE_LENGTH = 150

_FORMULA = re.compile(r"[=+\-@|]")
_PHONE = re.compile(r"\+?[\d\s()/.-]*")
_CHANNELS = {
    "email": ("email", "e-mail", "mail"),
    "sms": ("sms", "text"),
    "whatsapp": ("whatsapp",),
    "phone": ("phone", "call", "telefon", "anruf", "telephone"),
}
_CHANNEL_OF = {word: channel for channel, words in _CHANNELS.items() for word in words}
_LANGUAGES = {"english": "en", "englisch": "en", "german": "de", "deutsch": "de"}
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?(?:\s+Uhr)?")


class Unfit(Exception):
    """A row that cannot be imported.

    :param reason: a word of :mod:`.reasons`; ``about`` is the column, channel or line it speaks of.
    """

    def __init__(self, reason: str, about: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.about = about


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a row says. ``time`` is the moment of the consent in ISO 8601; without all three proofs it is asked for."""

    line: int
    email: str
    key: str
    first_name: str = ""
    last_name: str = ""
    phone: str | None = None
    locale: str | None = None
    channels: Sequence[str] = ("email",)
    version: int | None = None
    time: str | None = None
    source: str = ""
    phone_keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def proven(self) -> bool:
        """Whether text version, time and source are there (W31, C27)."""
        return self.version is not None and self.time is not None and bool(self.source)

    @property
    def proof_begun(self) -> bool:
        """Whether part of the proof is there and part is missing."""
        return not self.proven and bool(self.version is not None or self.time is not None or self.source)

    def address_keys(self) -> dict[str, str]:
        """Per channel the key of the address it goes to."""
        return {name: self.key if name == "email" else self.phone_keys[name] for name in self.channels}


def read(keys: Keys, settings: Settings, line: int, cells: Sequence[str], fields: Sequence[str]) -> Candidate:
    """What a record says.

    :param fields: per column what it holds, empty for what is not used.
    :raises Unfit: with the first fault.
    """
    if len(cells) < len(fields) or any(cells[len(fields) :]):
        raise Unfit("ragged", str(len(cells)))
    said = {name: cells[number] for number, name in enumerate(fields) if name}
    for name, text in said.items():
        if not editing.readable(text):
            raise Unfit("unreadable", name)
    email = _email(said.get("email", ""))
    first, last = _names(said)
    channels = _channels(said.get("channels", ""))
    phone, phone_keys = _phone(keys, settings, said.get("phone", ""), channels)
    if len(said.get("source", "")) > SOURCE_LENGTH:
        raise Unfit("too_long", "source")
    return Candidate(
        line=line,
        email=email,
        key=keys.address_key("email", normalise("email", email, "")),
        first_name=first,
        last_name=last,
        phone=phone,
        locale=_language(said.get("language", "")),
        channels=channels,
        version=_version(said.get("version", "")),
        time=_time(said.get("time", ""), settings.timezone),
        source=said.get("source", ""),
        phone_keys=phone_keys,
    )


def stored(line: int, values: Mapping[str, Any]) -> Candidate:
    """A candidate as :func:`to_store` has kept it."""
    return Candidate(line=line, **{name: values[name] for name in _KEPT})


def to_store(candidate: Candidate) -> dict[str, Any]:
    """Values that JSON knows."""
    return {name: getattr(candidate, name) for name in _KEPT} | {"channels": list(candidate.channels)}


_KEPT = tuple(each.name for each in fields_of(Candidate) if each.name != "line")


def _email(text: str) -> str:
    if not text:
        raise Unfit("no_email")
    if len(text) > EMAIL_LENGTH:
        raise Unfit("too_long", "email")
    try:
        normalise("email", text, "")
    except Refused:
        raise Unfit("email") from None
    return text


def _names(said: Mapping[str, str]) -> tuple[str, str]:
    given = {name: unicodedata.normalize("NFC", said.get(name, "")) for name in ("first_name", "last_name", "name")}
    for name, text in given.items():
        if _FORMULA.match(text):
            raise Unfit("formula", name)
        if len(text) > editing.NAME_LENGTH:
            raise Unfit("too_long", name)
    first, last = given["first_name"], given["last_name"]
    if given["name"] and not (first or last):
        first, _space, last = given["name"].rpartition(" ")
    return " ".join(first.split()), " ".join(last.split())


def _channels(text: str) -> tuple[str, ...]:
    found = []
    for word in re.split(r"[,;/|+&\s]+", text.casefold()):
        if word and word not in _CHANNEL_OF:
            raise Unfit("channel", word[:40])
        if word:
            found.append(_CHANNEL_OF[word])
    if "phone" in found:
        raise Unfit("call")
    return tuple(dict.fromkeys(found)) or ("email",)


def _phone(keys: Keys, settings: Settings, text: str, channels: Sequence[str]) -> tuple[str | None, dict[str, str]]:
    wanted = [name for name in channels if name != "email"]
    # Our own files put an apostrophe before a cell that begins like a formula.
    text = text.removeprefix("'")
    if not text and wanted:
        raise Unfit("no_phone", wanted[0])
    if not text:
        return None, {}
    if len(text) > 40:
        raise Unfit("too_long", "phone")
    if not _PHONE.fullmatch(text):
        raise Unfit("phone")
    try:
        normal = {name: normalise(name, text, settings.default_country) for name in (*wanted, "phone")}
    except Refused:
        raise Unfit("no_mobile" if wanted else "phone") from None
    return text, {name: keys.address_key(name, normal[name]) for name in wanted}


def _language(text: str) -> str | None:
    try:
        return editing.clean_language(_LANGUAGES.get(text.casefold(), text))
    except Refused:
        raise Unfit("language") from None


def _version(text: str) -> int | None:
    number = re.fullmatch(r"(?:version\s*|v\.?\s*)?(\d{1,6})", text, re.IGNORECASE)
    if text and number is None:
        raise Unfit("version", text[:40])
    return int(number[1]) if number else None


def _time(text: str, timezone: ZoneInfo) -> str | None:
    """A moment as ISO 8601 or as Germans write it; without a zone it is the shop's time."""
    if not text:
        return None
    day_first = _DAY_FIRST.fullmatch(text)
    try:
        if day_first:
            day, month, year, hour, minute, second = (int(part or 0) for part in day_first.groups())
            moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone)
        else:
            moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone)
        if moment > clock.now():
            raise Unfit("future")
        return moment.isoformat()
    except (ValueError, OverflowError):
        raise Unfit("time", text[:40]) from None
