"""System messages leave here: confirmations, invitations, codes, trials, alarms; none is marketing (E13)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from time import monotonic

from flask_mail import Message as FlaskMailMessage
from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session, sessionmaker

from ... import clock
from ...channel import Accepted, Channel, Message, Outcome, Rejected, Unknown
from ...db import database_now
from ...errors import ChannelError, Refused
from ...i18n import _, in_language
from ...notices.models import Notice
from ...notices.queue import queue
from ...plugin import Plugin
from .. import sender
from ..channels import faults
from ..dispatches import control_address
from ..models import Dispatch

log = logging.getLogger(__name__)

BATCH = 20

Send = Callable[..., Iterable[Outcome]]
"""Takes a channel, messages and ``until``, as :meth:`.channel.Sender.send` does."""

MOST_ATTEMPTS = 6

WITH_NEWSLETTERS = frozenset({"trial", "mail_test"})
"""Kinds that show how newsletters leave; all others go where the panel's mail account cannot hold them up."""


def deliver(sessions: sessionmaker[Session], plugin: Plugin, lease_seconds: float, send: Send) -> bool:
    """Send waiting system messages; False when there were none. One whose outcome is unknown is never repeated."""
    until = monotonic() + lease_seconds
    with sessions() as session:
        lost = update(Notice).where(Notice.status == "sending", Notice.lease_until < database_now())
        session.execute(lost.values(status="unknown", lease_until=None, text=None, html=None))
        notices = _claim(session, lease_seconds)
        session.commit()
    for name, alike in sorted({(notice.channel, notice.kind in WITH_NEWSLETTERS) for notice in notices}):
        theirs = [one for one in notices if (one.channel, one.kind in WITH_NEWSLETTERS) == (name, alike)]
        channel = plugin.channels.get(name)
        if not alike:
            channel = getattr(channel, "for_system_mail", channel)
        outcomes = _outcomes(plugin, channel, theirs, partial(send, until=until))
        with sessions() as session:
            for notice, outcome in zip(theirs, outcomes, strict=True):
                session.execute(_settled(notice, outcome))
            session.commit()
    return bool(notices)


def alarm(session: Session, plugin: Plugin, dispatch: Dispatch, sentence: str) -> None:
    """Tell the shop that a sending has halted (flushes)."""
    address = control_address(plugin, "email")
    if address is None:
        return
    with in_language(None, plugin.settings.default_locale):
        queue(
            session,
            "alarm",
            "email",
            address,
            plugin.keys.address_key("email", address),
            subject=_("Sending halted: %(name)s", name=dispatch.name),
            text=_(
                "The sending of “%(name)s” was halted: %(fault)s\n\n"
                "Nobody is lost: mend the fault, then press “Go on sending”.",
                name=dispatch.name,
                fault=faults.translated(sentence),
            ),
        )


def _claim(session: Session, lease_seconds: float) -> Sequence[Notice]:
    waiting = (
        select(Notice.id)
        .where(Notice.status == "queued", Notice.not_before <= clock.now())
        .order_by(Notice.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("waiting")
    )
    lease_id = secrets.token_hex(16)
    session.execute(
        update(Notice)
        .where(Notice.id.in_(select(waiting.c.id)), Notice.status == "queued")
        .values(
            status="sending",
            attempts=Notice.attempts + 1,
            lease_id=lease_id,
            lease_until=database_now(lease_seconds),
        )
        .execution_options(synchronize_session=False)
    )
    return session.scalars(select(Notice).where(Notice.lease_id == lease_id).order_by(Notice.id)).all()


def _outcomes(
    plugin: Plugin,
    channel: Channel | None,
    notices: Sequence[Notice],
    send: Callable[[Channel, Sequence[Message]], Iterable[Outcome]],
) -> list[Outcome]:
    if channel is None:
        return [Rejected(notice.id, "channel not set up", permanent=True) for notice in notices]
    try:
        name, address = sender.of_channel(plugin, channel.name, channel)
        messages = [_message(notice, name, address) for notice in notices]
        found = {outcome.number: outcome for outcome in send(channel, messages)}
    except (ChannelError, Refused) as error:
        log.warning("system messages wait: %s", error)
        return [Rejected(notice.id, str(error)[:255], permanent=False) for notice in notices]
    return [found[notice.id] for notice in notices]


def _message(notice: Notice, name: str, address: str) -> Message:
    if notice.channel != "email":
        return Message(notice.id, notice.address, (notice.text or "").encode(), address)
    mail = FlaskMailMessage(
        subject=notice.subject,
        recipients=[notice.address],
        body=notice.text,
        html=notice.html,
        sender=(name, address),
        # RFC 3834: vacation programs do not answer automatic mail.
        extra_headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF"},
    )
    mail.date = clock.now().timestamp()
    mail.msgId = f"<notice.{notice.id}.{notice.lease_id}@{address.rpartition('@')[2]}>"
    lines = mail.as_bytes().splitlines()
    return Message(notice.id, notice.address, b"\r\n".join(lines) + b"\r\n", address)


def _settled(notice: Notice, outcome: Outcome) -> Update:
    statement = update(Notice).where(
        Notice.id == notice.id, Notice.lease_id == notice.lease_id, Notice.status == "sending"
    )
    gone = {"text": None, "html": None, "lease_until": None}
    if isinstance(outcome, Accepted):
        return statement.values(status="sent", sent_at=clock.now(), **gone)
    if isinstance(outcome, Unknown):
        return statement.values(status="unknown", reason=outcome.reason[:255], **gone)
    if outcome.permanent or notice.attempts >= MOST_ATTEMPTS:
        return statement.values(status="failed", reason=outcome.reason[:255], **gone)
    later = clock.now() + timedelta(seconds=10) * 3 ** (notice.attempts - 1)
    return statement.values(status="queued", reason=outcome.reason[:255], not_before=later, lease_until=None)
