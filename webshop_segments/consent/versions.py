"""Published wordings of the consent: the current one, its texts, and publishing the next (W20, W21, W25)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..access import Actor
from ..administration import audit
from ..db import savepoint
from ..directory.addresses import CHANNELS
from ..errors import Refused
from ..i18n import _
from . import ledger
from .models import ConsentState, ConsentText, ConsentVersion

EDITORIAL = "editorial"
MATERIAL = "material"


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


def current(session: Session) -> ConsentVersion | None:
    """The version shown now, None before the first is published."""
    return session.scalar(select(ConsentVersion).order_by(ConsentVersion.number.desc()).limit(1))


def collects(session: Session, channel: str) -> bool:
    """Whether consents for a channel are taken now: not before the first version, nor once it was taken out (C32)."""
    version = current(session)
    return version is not None and channel in version.channels


def numbered(session: Session, number: int) -> ConsentVersion | None:
    return session.scalar(select(ConsentVersion).where(ConsentVersion.number == number))


def all_versions(session: Session) -> Sequence[ConsentVersion]:
    """Newest first."""
    return session.scalars(select(ConsentVersion).order_by(ConsentVersion.number.desc())).all()


def text_in(version: ConsentVersion, language: str, default: str) -> ConsentText:
    """The version's text in a language, else in the default one, else its first."""
    by_language = {text.language: text for text in version.texts}
    return by_language.get(language) or by_language.get(default) or version.texts[0]


def accepted(session: Session) -> dict[tuple[int, str], int]:
    """How many people now hold a consent given under (version number, channel)."""
    rows = session.execute(
        select(ConsentState.version_number, ConsentState.channel, func.count())
        .where(ConsentState.status == "granted")
        .group_by(ConsentState.version_number, ConsentState.channel)
    )
    return {(number, channel): count for number, channel, count in rows if number is not None}


def held(session: Session) -> dict[str, int]:
    """Per channel how many people hold a consent now."""
    numbers: dict[str, int] = {}
    for (_number, channel), count in accepted(session).items():
        numbers[channel] = numbers.get(channel, 0) + count
    return numbers


def publish(
    session: Session,
    *,
    channels: Sequence[str],
    wordings: Sequence[Wording],
    controller: str,
    change: str,
    end_removed: bool,
    by: Actor,
) -> ConsentVersion:
    """Publish the next version (flushes). A channel taken out is no longer collected on.

    :param end_removed: end the consents given for removed channels; else they stay valid (C32).
    :raises Refused: for no channel, an unknown one, an incomplete text (C08), a text not naming a channel (C06);
        (409) when somebody else publishes at the same moment.
    """
    before = current(session)
    _complete(channels, wordings, controller)
    old, new = before.channels if before else [], [channel for channel in CHANNELS if channel in channels]
    version = ConsentVersion(
        number=before.number + 1 if before else 1,
        channels=new,
        change=change if before else EDITORIAL,
        channels_added=[channel for channel in new if channel not in old],
        channels_removed=[channel for channel in old if channel not in new],
        controller=controller,
        published_by=by.name,
        texts=[_text(wording, controller) for wording in wordings],
    )
    try:
        with savepoint(session):
            session.add(version)
    except IntegrityError:
        raise Refused(
            _("Somebody else has published a version at the same moment. Look at it before you publish yours."),
            status=409,
        ) from None
    audit.record(
        session,
        by,
        "consents.published",
        "consent_version",
        version.id,
        str(version.number),
        channels=version.channels,
    )
    if end_removed:
        for channel in version.channels_removed:
            _end(session, channel, by)
    return version


def _complete(channels: Sequence[str], wordings: Sequence[Wording], controller: str) -> None:
    if not channels:
        raise Refused(_("A consent has at least one channel. Tick one."), field="channels")
    if not set(channels) <= set(CHANNELS):
        raise Refused(_("There is no such channel."), field="channels")
    if not controller.strip():
        raise Refused(_("Say who will write: the name of the shop or company."), field="controller")
    if not wordings:
        raise Refused(_("A version needs a text in at least one language."), field="statement")
    for wording in wordings:
        if not (wording.statement.strip() and wording.withdrawal.strip() and wording.privacy_url.strip()):
            raise Refused(
                _(
                    "The text in “%(language)s” needs the statement, how to withdraw, "
                    "and the privacy notice's address.",
                    language=wording.language,
                ),
                field="statement",
            )
        if any(not wording.labels.get(channel, "").strip() for channel in channels):
            raise Refused(
                _(
                    "The text in “%(language)s” must name every channel beside its box.",
                    language=wording.language,
                ),
                field="labels",
            )


def text_digest(text: ConsentText, controller: str) -> str:
    """SHA-256 over a text as it was shown, its sender included (C03)."""
    names = ("language", "statement", "withdrawal", "privacy_url", "labels")
    shown = {name: getattr(text, name) for name in names} | {"controller": controller}
    canonical = json.dumps(shown, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(canonical).hexdigest()


def _text(wording: Wording, controller: str) -> ConsentText:
    text = ConsentText(
        language=wording.language,
        statement=wording.statement.strip(),
        withdrawal=wording.withdrawal.strip(),
        privacy_url=wording.privacy_url.strip(),
        labels=dict(wording.labels),
    )
    text.sha256 = text_digest(text, controller)
    return text


def _end(session: Session, channel: str, by: Actor) -> None:
    held = session.scalars(
        select(ConsentState).where(ConsentState.channel == channel, ConsentState.status.in_(["granted", "pending"]))
    )
    ledger.record_all(session, [ledger.following(state, "ended", "administrator", by) for state in held])
