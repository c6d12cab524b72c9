"""Published wordings of the consent: the current one, its texts, and publishing the next (W20, W21, W25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..access import Actor
from ..administration import audit
from ..db import savepoint
from ..directory.addresses import CHANNELS
from ..errors import Refused
from ..i18n import _
from . import ending, state
from .models import ConsentRecord, ConsentState, ConsentText, ConsentVersion
from .wording import Wording, complete, text_of

EDITORIAL = "editorial"
MATERIAL = "material"


@dataclass(frozen=True, slots=True)
class Uptake:
    """What became of a version on one channel, in people.

    :param accepted: who ever agreed to it.
    :param valid: whose consent rests on it now and counts.
    :param outdated: whose consent rests on it but must be renewed (W25).
    """

    accepted: int = 0
    valid: int = 0
    outdated: int = 0


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


def uptake(session: Session) -> dict[tuple[int, str], Uptake]:
    """Per (version number, channel) how many people accepted it, and how many still hold it; two statements."""
    accepted = session.execute(
        select(ConsentVersion.number, ConsentRecord.channel, func.count(ConsentRecord.subject_id.distinct()))
        .join(ConsentVersion, ConsentVersion.id == ConsentRecord.version_id)
        .where(ConsentRecord.action.in_(["granted", "confirmed"]))
        .group_by(ConsentVersion.number, ConsentRecord.channel)
    )
    found = {(number, channel): Uptake(count) for number, channel, count in accepted}
    shown = state.status()
    held = session.execute(
        select(ConsentState.version_number, ConsentState.channel, shown, func.count())
        .where(ConsentState.status == state.GRANTED, ConsentState.version_number.is_not(None))
        .group_by(ConsentState.version_number, ConsentState.channel, shown)
    )
    for held_number, channel, status, count in held:
        key, field = (held_number or 0, channel), "valid" if status == state.GRANTED else "outdated"
        found[key] = replace(found.get(key, Uptake()), **{field: count})
    return found


def draft(
    before: ConsentVersion | None,
    *,
    channels: Sequence[str],
    wordings: Sequence[Wording],
    controller: str,
    change: str,
    by: Actor,
) -> ConsentVersion:
    """The version that would follow ``before``; it belongs to no session.

    :raises Refused: as :func:`wording.complete`.
    """
    complete(channels, wordings, controller)
    old, new = before.channels if before else [], [channel for channel in CHANNELS if channel in channels]
    return ConsentVersion(
        number=before.number + 1 if before else 1,
        channels=new,
        change=change if before else EDITORIAL,
        channels_added=[channel for channel in new if channel not in old],
        channels_removed=[channel for channel in old if channel not in new],
        controller=controller.strip(),
        published_by=by.name,
        texts=[text_of(wording, controller.strip()) for wording in wordings],
    )


def publish(
    session: Session,
    *,
    channels: Sequence[str],
    wordings: Sequence[Wording],
    controller: str,
    change: str,
    end_removed: bool,
    by: Actor,
    after: int | None = None,
) -> ConsentVersion:
    """Publish the next version (flushes). A channel taken out is no longer collected on.

    :param end_removed: end the consents given for removed channels; else they stay valid (C32).
    :param after: number of the version the author had before her eyes, 0 for none; the same version published
        after it by her already, by a double post, is returned and nothing else done.
    :raises Refused: as :func:`wording.complete`; (409) when somebody else has published meanwhile.
    """
    before = current(session)
    wanted: dict[str, Any] = {
        "channels": channels,
        "wordings": wordings,
        "controller": controller,
        "change": change,
        "by": by,
    }
    version = draft(before, **wanted)
    if after is not None and after != version.number - 1:
        earlier = numbered(session, after)
        return _published_meanwhile(session, draft(earlier, **wanted) if earlier or not after else version)
    try:
        with savepoint(session):
            session.add(version)
    except IntegrityError:
        return _published_meanwhile(session, draft(before, **wanted))
    audit.record(
        session,
        by,
        "consents.published",
        "consent_version",
        version.id,
        str(version.number),
        channels=version.channels,
        ended=version.channels_removed if end_removed else [],
    )
    if end_removed:
        for channel in version.channels_removed:
            ending.end_channel(session, channel, by)
    return version


def _published_meanwhile(session: Session, ours: ConsentVersion) -> ConsentVersion:
    """The version that came before ours: our own from a double post, else somebody else's.

    :raises Refused: in the second case (409).
    """
    theirs = numbered(session, ours.number)
    if theirs is not None and _content(theirs) == _content(ours):
        return theirs
    raise appeared_meanwhile(current(session))


def appeared_meanwhile(newest: ConsentVersion | None) -> Refused:
    """What is said to whoever started from an older version than the newest."""
    if newest is None:
        return Refused(_("This page is out of date. Load it again and repeat what you did."), status=409)
    return Refused(
        _(
            "Version %(number)s appeared meanwhile, published by %(name)s. Look at it before you publish yours.",
            number=newest.number,
            name=newest.published_by,
        ),
        status=409,
    )


def _content(version: ConsentVersion) -> tuple[object, ...]:
    digests = {text.language: text.sha256 for text in version.texts}
    return version.published_by, version.channels, version.change, version.controller, digests
