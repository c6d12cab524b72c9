"""What differs between a version and the one before it, word by word (W21)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from ..errors import Refused
from ..i18n import _
from .models import ConsentText, ConsentVersion
from .versions import MATERIAL

SAME = "same"
REMOVED = "removed"
ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that stayed, went or came."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of a text that differs.

    :param language: None for the controller, which is the same in all.
    :param part: controller, statement, withdrawal, privacy_url or label.
    :param channel: whose label it is.
    """

    language: str | None
    part: str
    channel: str | None
    pieces: tuple[Piece, ...]


def differences(before: ConsentVersion, after: ConsentVersion) -> list[Difference]:
    """Every part whose words differ, languages in the order of the newer version, dropped ones last."""
    found = _difference(None, "controller", None, before.controller, after.controller)
    old, new = ({text.language: text for text in version.texts} for version in (before, after))
    for language in dict.fromkeys([*new, *old]):
        parts = [_parts(texts.get(language), version) for texts, version in ((old, before), (new, after))]
        for part, channel in dict.fromkeys([*parts[1], *parts[0]]):
            earlier, later = (texts.get((part, channel), "") for texts in parts)
            found += _difference(language, part, channel, earlier, later)
    return found


def check(before: ConsentVersion, after: ConsentVersion) -> None:
    """Whether a version says something new, and its kind of change fits.

    :raises Refused: when nothing differs, or a change of channels alone is called material: that leaves earlier
        consents valid (W25).
    """
    moved = {*after.channels_added, *after.channels_removed}
    found = differences(before, after)
    if not found and not moved:
        raise Refused(_("Nothing differs from version %(number)s yet. Change it first.", number=before.number))
    if after.change == MATERIAL and all(difference.channel in moved for difference in found):
        raise Refused(
            _(
                "Only the channels differ from version %(number)s, so consents given before stay valid: "
                "choose “editorial”.",
                number=before.number,
            ),
            field="change",
        )


def _parts(text: ConsentText | None, version: ConsentVersion) -> dict[tuple[str, str | None], str]:
    if text is None:
        return {}
    parts: dict[tuple[str, str | None], str] = {
        (name, None): getattr(text, name) for name in ("statement", "withdrawal", "privacy_url")
    }
    return parts | {("label", channel): text.labels.get(channel, "") for channel in version.channels}


def _difference(language: str | None, part: str, channel: str | None, before: str, after: str) -> list[Difference]:
    if before == after:
        return []
    return [Difference(language, part, channel, tuple(_pieces(before, after)))]


def _pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = (re.findall(r"\s+|\S+", text) for text in (before, after))
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece(SAME, "".join(old[old_from:old_to]))
            continue
        if old_from < old_to:
            yield Piece(REMOVED, "".join(old[old_from:old_to]))
        if new_from < new_to:
            yield Piece(ADDED, "".join(new[new_from:new_to]))
