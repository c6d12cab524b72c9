"""Who is behind an address and a password; wrong ones are slowed down (W13)."""

from __future__ import annotations

import math
import secrets
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import or_, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from .. import clock
from ..access import Actor
from ..errors import Refused
from ..i18n import _, ngettext
from . import accounts, audit
from .models import Administrator

STRANGER = Actor("stranger", "stranger", "Stranger")

FREE_FAILURES = 4
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


def authenticate(session: Session, email: str, password: str) -> Administrator | Refused:
    """The administrator, or why not: a refusal is returned, because its count and its event are to be committed."""
    administrator = accounts.by_email(session, email)
    if administrator is not None and not _count(session, administrator):
        return _too_early(administrator)
    known = administrator.password_hash if administrator is not None else None
    # The same work for an address without account, so that the time taken tells nobody which addresses have one.
    right = check_password_hash(known or _nobodys_hash(), password) and known is not None
    if administrator is None:
        return _wrong()
    if not right or administrator.blocked_at is not None:
        action = "administrator.login_failed"
        audit.record(session, STRANGER, action, "administrator", administrator.id, administrator.name)
        return Refused(_("This account is blocked. Ask the main administrator."), status=403) if right else _wrong()
    administrator.failed_logins, administrator.next_login_at = 0, None
    administrator.last_login_at = clock.now()
    action = "administrator.logged_in"
    audit.record(session, administrator.actor, action, "administrator", administrator.id, administrator.name)
    session.flush()
    return administrator


def wait_after(failures: int) -> timedelta:
    """How long an account is closed after so many wrong passwords in a row."""
    if failures <= FREE_FAILURES:
        return timedelta()
    doublings = min(failures - FREE_FAILURES - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def _count(session: Session, administrator: Administrator) -> bool:
    """Count the attempt as failed before looking at the password, or many at one moment would outrun the wait."""
    now = clock.now()
    mine = Administrator.id == administrator.id
    allowed = or_(Administrator.next_login_at.is_(None), Administrator.next_login_at <= now)
    failures = session.scalar(
        update(Administrator)
        .where(mine, allowed)
        .values(failed_logins=Administrator.failed_logins + 1)
        .returning(Administrator.failed_logins)
        .execution_options(synchronize_session=False)
    )
    if failures is not None and wait_after(failures):
        session.execute(
            update(Administrator)
            .where(mine)
            .values(next_login_at=now + wait_after(failures))
            .execution_options(synchronize_session=False)
        )
    session.refresh(administrator)
    return failures is not None


def _too_early(administrator: Administrator) -> Refused:
    opens: datetime = administrator.next_login_at or clock.now()
    minutes = max(1, math.ceil((opens - clock.now()).total_seconds() / 60))
    return Refused(
        ngettext(
            "There were too many wrong passwords. Try again in %(num)s minute.",
            "There were too many wrong passwords. Try again in %(num)s minutes.",
            minutes,
        ),
        status=429,
    )


def _wrong() -> Refused:
    return Refused(_("The e-mail address or the password is not right."))


@cache
def _nobodys_hash() -> str:
    return generate_password_hash(secrets.token_hex())
