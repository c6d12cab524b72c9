"""A version's text in one language: complete before it is published, and the digest it is recognised by."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..directory.addresses import CHANNELS
from ..errors import Refused
from ..i18n import _
from .models import ConsentText

_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_ALLOWED = "\r\n\t\u200c\u200d"
"""Line ends, and the joiners that emoji are made with."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A version's text in one language.

    :param statement: what the person agrees to, with sender and purpose (GDPR 4(11)).
    :param withdrawal: how to withdraw, told before consent (GDPR 7(3)).
    :param labels: per channel the words beside its box, naming the channel (C06).
    """

    language: str
    statement: str
    withdrawal: str
    privacy_url: str
    labels: Mapping[str, str]

    @property
    def words(self) -> tuple[str, ...]:
        """Everything a person reads of it."""
        return (self.statement, self.withdrawal, self.privacy_url, *self.labels.values())


def complete(channels: Sequence[str], wordings: Sequence[Wording], controller: str) -> None:
    """Check what is to be published.

    :raises Refused: for no channel, an unknown one, an incomplete text (C08), a text not naming a channel (C06),
        invisible characters, a privacy notice that is no web address.
    """
    if not channels:
        raise Refused(_("A consent has at least one channel. Tick one."), field="channels")
    if not set(channels) <= set(CHANNELS):
        raise Refused(_("There is no such channel."), field="channels")
    if not controller.strip():
        raise Refused(_("Say who will write: the name of the shop or company."), field="controller")
    if _invisible(controller):
        raise Refused(_("The name contains invisible control characters. Type it again by hand."), field="controller")
    if not wordings:
        raise Refused(_("A version needs a text in at least one language."), field="statement")
    for wording in wordings:
        _complete(wording, channels)


def _complete(wording: Wording, channels: Sequence[str]) -> None:
    if not (wording.statement.strip() and wording.withdrawal.strip() and wording.privacy_url.strip()):
        raise Refused(
            _(
                "The text in “%(language)s” needs the statement, how to withdraw, and the privacy notice's address.",
                language=wording.language,
            ),
            field="statement",
        )
    if any(not wording.labels.get(channel, "").strip() for channel in channels):
        raise Refused(
            _("The text in “%(language)s” must name every channel beside its box.", language=wording.language),
            field="labels",
        )
    if any(_invisible(text) for text in wording.words):
        raise Refused(
            _(
                "The text in “%(language)s” contains invisible control characters. Type it again by hand.",
                language=wording.language,
            ),
            field="statement",
        )
    if not _ADDRESS.fullmatch(wording.privacy_url.strip()):
        raise Refused(
            _(
                "The privacy notice in “%(language)s” needs a complete address, beginning with https://.",
                language=wording.language,
            ),
            field="privacy_url",
        )


def _invisible(text: str) -> bool:
    """Control and direction characters: what is shown would not be what was published."""
    return any(unicodedata.category(char) in _INVISIBLE and char not in _ALLOWED for char in text)


def text_of(wording: Wording, controller: str) -> ConsentText:
    """The row of a wording, with its digest."""
    text = ConsentText(
        language=wording.language,
        statement=_lines(wording.statement),
        withdrawal=_lines(wording.withdrawal),
        privacy_url=wording.privacy_url.strip(),
        labels=dict(wording.labels),
    )
    text.sha256 = text_digest(text, controller)
    return text


def _lines(text: str) -> str:
    """Browsers post line ends as CRLF (HTML, form submission)."""
    return text.replace("\r\n", "\n").strip()


def text_digest(text: ConsentText, controller: str) -> str:
    """SHA-256 over a text as it was shown, its sender included (C03)."""
    names = ("language", "statement", "withdrawal", "privacy_url", "labels")
    shown = {name: getattr(text, name) for name in names} | {"controller": controller}
    canonical = json.dumps(shown, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(canonical).hexdigest()
