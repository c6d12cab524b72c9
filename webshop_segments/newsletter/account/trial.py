"""The test message of the mail account: queued for the worker like all system mail, its outcome read from the row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ... import clock
from ...access import Actor
from ...administration import audit
from ...directory.addresses import address
from ...errors import Refused
from ...i18n import _
from ...notices.models import Notice
from ...notices.queue import queue
from ...plugin import Plugin
from ..channels.faults import translated
from ..engine.notice_mail import MOST_ATTEMPTS
from .models import MailAccount

KIND = "mail_test"

_LONG = timedelta(seconds=30)
"""A worker that runs has taken a test message by then."""

_REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the last test message.

    :ivar status: ``waiting``, ``alone`` (no worker takes it), ``sent``, ``failed`` or ``unknown``.
    :ivar why: what the mail server said, or why it was not asked.
    """

    status: str
    to: str
    at: datetime
    why: str = ""

    @property
    def over(self) -> bool:
        return self.status not in ("waiting", "alone")


def send(session: Session, plugin: Plugin, account: MailAccount, to: str, by: Actor) -> str:
    """Queue one message (flushes); one that still waits is replaced.

    :returns: the address it goes to.
    :raises Refused: for an address nothing can be sent to.
    """
    try:
        goal = address(plugin.keys, "email", to, "")
    except Refused as refusal:
        raise Refused(str(refusal), field="to") from None
    drop(session)
    notice = queue(
        session,
        KIND,
        "email",
        goal.normal,
        goal.key,
        subject=_("Test of the mail account of %(shop)s", shop=plugin.settings.shop_name),
        text=_(
            "This message left through the mail account for newsletters: server %(server)s, port %(port)s, sender "
            "%(name)s <%(address)s>.\n\nIf you can read it, the account works. Have a look whether it landed among "
            "spam.",
            server=account.server,
            port=account.port,
            name=account.sender_name,
            address=account.sender_address,
        ),
    )
    # Tried once: who repeats a wrong password is locked out by many providers.
    notice.attempts = MOST_ATTEMPTS - 1
    session.flush()
    audit.record(session, by, "mail_account.tested", "mail_account", account.id, f"{account.server}:{account.port}")
    return goal.normal


def drop(session: Session) -> None:
    """Forget a test message that still waits (flushes): the account it was meant for is another now."""
    session.execute(
        update(Notice)
        .where(Notice.kind == KIND, Notice.status == "queued")
        .values(status="failed", reason=_REPLACED, text=None)
        .execution_options(synchronize_session=False)
    )


def outcome(session: Session, account: MailAccount) -> Outcome | None:
    """Of the last test message since the account was saved; None where there was none."""
    notice = session.scalar(
        select(Notice)
        .where(Notice.kind == KIND, Notice.created_at >= account.modified_at, Notice.reason != _REPLACED)
        .order_by(Notice.id.desc())
        .limit(1)
    )
    if notice is None:
        return None
    at = notice.sent_at or notice.created_at
    if notice.status in ("queued", "sending"):
        waits = notice.status == "sending" or notice.created_at > clock.now() - _LONG
        return Outcome("waiting" if waits else "alone", notice.address, at)
    return Outcome(notice.status, notice.address, at, translated(notice.reason))
