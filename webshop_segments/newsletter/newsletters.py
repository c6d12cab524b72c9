"""Newsletters are written, changed, copied and deleted here (W40, W41)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import clock
from ..access import Actor
from ..administration import audit
from ..directory.addresses import normalise
from ..errors import Refused
from ..i18n import _
from ..shop import Shop
from .message import template, variables
from .models import Dispatch, Newsletter
from .transitions import UNFINISHED

SENDING_CHANNELS = ("email", "sms")
"""Channels newsletters go out on; ``phone`` is only a permission to call (W26)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form holds."""

    name: str
    body: str
    subject: str = ""
    language: str | None = None
    reply_to: str | None = None
    preheader: str = ""


def get(session: Session, newsletter_id: int) -> Newsletter:
    """:raises Refused: (404) when it is gone."""
    newsletter = session.get(Newsletter, newsletter_id)
    if newsletter is None:
        raise Refused(_("This newsletter no longer exists. Somebody has deleted it."), status=404)
    return newsletter


def page(
    session: Session, channel: str, before: int | None = None, size: int = 50
) -> tuple[Sequence[Newsletter], int, int | None]:
    """One tab of the list, last written first; its total; and what to continue below, None at the end."""
    found = select(Newsletter).where(Newsletter.channel == channel)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    if before is not None:
        found = found.where(Newsletter.id < before)
    rows = session.scalars(found.order_by(Newsletter.id.desc()).limit(size + 1)).all()
    return rows[:size], total, rows[size - 1].id if len(rows) > size else None


def last_sent(session: Session, ids: Sequence[int]) -> dict[int, Dispatch]:
    """Per newsletter its newest dispatch."""
    newest = select(func.max(Dispatch.id)).where(Dispatch.newsletter_id.in_(ids)).group_by(Dispatch.newsletter_id)
    rows = session.scalars(select(Dispatch).where(Dispatch.id.in_(newest)))
    return {row.newsletter_id: row for row in rows if row.newsletter_id is not None}


def add(session: Session, shop: Shop, channel: str, draft: Draft, by: Actor) -> Newsletter:
    """:raises Refused: for a name, subject or text that could not be sent."""
    if channel not in SENDING_CHANNELS:
        raise Refused(_("No newsletter can be sent on this channel."), status=404)
    _check(shop, channel, draft)
    newsletter = Newsletter(channel=channel, created_by=by.name)
    _fill(newsletter, draft)
    session.add(newsletter)
    session.flush()
    audit.record(session, by, "newsletter.added", "newsletter", newsletter.id, newsletter.name)
    return newsletter


def change(session: Session, shop: Shop, newsletter: Newsletter, draft: Draft, edition: int, by: Actor) -> Newsletter:
    """Save a newsletter that was opened at an edition.

    :raises Refused: (409) when somebody else has saved it meanwhile; for content as in :func:`add`.
    """
    _check(shop, newsletter.channel, draft)
    session.refresh(newsletter, with_for_update=True)
    if newsletter.edition != edition:
        raise Refused(
            _(
                "Somebody else has changed this newsletter since you opened it. Your text is still below: copy what "
                "you need, then load the page again."
            ),
            status=409,
        )
    _fill(newsletter, draft)
    newsletter.edition += 1
    newsletter.modified_at = clock.now()
    session.flush()
    audit.record(session, by, "newsletter.changed", "newsletter", newsletter.id, newsletter.name)
    return newsletter


def copy(session: Session, newsletter: Newsletter, by: Actor) -> Newsletter:
    """A second newsletter with the same content (flushes)."""
    twin = Newsletter(
        channel=newsletter.channel,
        name=_("%(name)s (copy)", name=newsletter.name)[:120],
        subject=newsletter.subject,
        body=newsletter.body,
        language=newsletter.language,
        reply_to=newsletter.reply_to,
        preheader=newsletter.preheader,
        created_by=by.name,
    )
    session.add(twin)
    session.flush()
    audit.record(session, by, "newsletter.added", "newsletter", twin.id, twin.name, copy_of=newsletter.id)
    return twin


def remove(session: Session, newsletter: Newsletter, by: Actor) -> None:
    """Delete a newsletter; its past sendings stay readable.

    :raises Refused: (409) while one of them is unfinished.
    """
    busy = session.scalar(
        select(Dispatch.id).where(Dispatch.newsletter_id == newsletter.id, Dispatch.status.in_(UNFINISHED)).limit(1)
    )
    if busy is not None:
        raise Refused(_("“%(name)s” is being sent. Cancel the sending first.", name=newsletter.name), status=409)
    audit.record(session, by, "newsletter.deleted", "newsletter", newsletter.id, newsletter.name)
    session.delete(newsletter)
    session.flush()


def _fill(newsletter: Newsletter, draft: Draft) -> None:
    newsletter.name = draft.name.strip()
    newsletter.subject = draft.subject.strip()
    newsletter.body = draft.body
    newsletter.language = draft.language or None
    newsletter.reply_to = draft.reply_to or None
    newsletter.preheader = draft.preheader.strip()


def _check(shop: Shop, channel: str, draft: Draft) -> None:
    if not draft.name.strip():
        raise Refused(_("Enter a name first."), field="name")
    if not draft.body.strip():
        raise Refused(_("The text is empty. Write something first."), field="body")
    for field, value in (("name", draft.name), ("subject", draft.subject), ("preheader", draft.preheader)):
        if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in value):
            raise Refused(_("Control characters and line breaks are not allowed here."), field=field)
    known = variables.examples(shop)
    template.check(draft.body, known)
    if channel != "email":
        return
    if not draft.subject.strip():
        raise Refused(_("Enter a subject: it is the first thing your readers see."), field="subject")
    if draft.subject.lower().lstrip().startswith(("re:", "fwd:", "fw:", "aw:", "wg:")):
        raise Refused(
            _("A subject that pretends to be an answer (“Re:”) is treated as spam. Choose another one."),
            field="subject",
        )
    template.check(draft.subject, known, field="subject")
    if draft.reply_to:
        try:
            normalise("email", draft.reply_to, "")
        except Refused as refusal:
            raise Refused(str(refusal), field="reply_to") from None
