"""The mail account for mass mail: read, saved, removed (W50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ... import clock
from ...access import Actor
from ...administration import audit
from ...db import savepoint
from ...errors import Refused
from ...i18n import _
from ...keys import Keys
from ...limits import Limits
from . import checks
from .checks import Draft
from .models import MailAccount

PURPOSE = "mail account password"
"""What the password's key is derived for."""

_ONLY = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """The account as a process keeps it; another one is another connection.

    :ivar password: sealed, as in the database.
    """

    sender: tuple[str, str]
    server: str
    port: int
    security: str
    username: str
    password: str | None
    limits: Limits


def get(session: Session) -> MailAccount | None:
    """The account, as the database has it."""
    return session.get(MailAccount, _ONLY)


def sender(session: Session) -> tuple[str, str] | None:
    """Name and address newsletters leave in; None without an account."""
    account = get(session)
    return (account.sender_name, account.sender_address) if account else None


def stored(session: Session, base: Limits) -> Stored | None:
    """What a channel needs.

    :param base: limits the shop's developer set; those of the account come in their place.
    """
    account = get(session)
    if account is None:
        return None
    return Stored(
        (account.sender_name, account.sender_address),
        account.server,
        account.port,
        account.security,
        account.username,
        account.password,
        limits(account, base),
    )


def limits(account: MailAccount, base: Limits | None = None) -> Limits:
    """How fast it may be sent from."""
    base = base or Limits()
    hours = None
    if account.opens and account.closes:
        hours = (_time(account.opens), time.max if account.closes == checks.MIDNIGHT else _time(account.closes))
    return Limits(
        per_second=base.per_second,
        per_hour=account.per_hour,
        per_domain=base.per_domain,
        warm_up=base.warm_up,
        batch=account.batch,
        pause_seconds=account.pause_seconds or 0,
        hours=hours,
    )


def version(account: MailAccount | None) -> str:
    """Changes with every saving, also when the account was removed and set up anew."""
    return f"{account.edition}.{account.modified_at.timestamp():.6f}" if account else ""


def save(session: Session, keys: Keys, draft: Draft, opened_at: str, by: Actor) -> MailAccount:
    """Set up or change the account that a form was opened at (flushes).

    :param opened_at: :func:`version` of the account the form showed.
    :raises Refused: naming the field; (409) when somebody else was faster.
    """
    account = session.get(MailAccount, _ONLY, with_for_update=True, populate_existing=True)
    if version(account) != opened_at:
        raise _overtaken()
    checked = checks.checked(draft, account)
    password = _password(keys, checked, account)
    before = f"{account.server}:{account.port}" if account else None
    if account is None:
        account = _new(session, by)
    else:
        account.edition += 1
    for name, value in checks.columns(checked).items():
        setattr(account, name, value)
    account.password = password
    account.modified_at, account.modified_by = clock.now(), by.name[:254]
    session.flush()
    action = "mail_account.changed" if before else "mail_account.added"
    name = f"{account.server}:{account.port}"
    audit.record(session, by, action, "mail_account", _ONLY, name, **({"old": before} if before else {}))
    return account


def remove(session: Session, opened_at: str, by: Actor) -> None:
    """Newsletters leave through the configured mail server again (flushes).

    :raises Refused: (409) when it is gone or somebody has changed it.
    """
    account = session.get(MailAccount, _ONLY, with_for_update=True, populate_existing=True)
    if account is None:
        raise Refused(_("There is no mail account any more. Somebody has removed it."), status=409)
    if version(account) != opened_at:
        raise _overtaken()
    audit.record(session, by, "mail_account.removed", "mail_account", _ONLY, f"{account.server}:{account.port}")
    session.execute(delete(MailAccount).where(MailAccount.id == _ONLY))
    session.expunge(account)


def password_is_lost(keys: Keys, account: MailAccount) -> bool:
    """Whether the key of the stored password is gone."""
    return account.password is not None and keys.unseal(PURPOSE, account.password) is None


def _password(keys: Keys, draft: Draft, account: MailAccount | None) -> str | None:
    if draft.password:
        return keys.seal(PURPOSE, draft.password)
    if draft.forget_password or not draft.username or account is None:
        return None
    return account.password


def _new(session: Session, by: Actor) -> MailAccount:
    account = MailAccount(
        id=_ONLY, sender_name="", sender_address="", server="", port=0, security="", modified_by=by.name[:254]
    )
    try:
        with savepoint(session):
            session.add(account)
    except IntegrityError:
        # Two administrators may set it up at the same moment: the key decides.
        raise _overtaken() from None
    return account


def _overtaken() -> Refused:
    return Refused(
        _(
            "Somebody else has changed the mail account since you opened it. What you entered is still below: note "
            "what you need, then load the page again."
        ),
        status=409,
    )


def _time(text: str) -> time:
    return time.fromisoformat(text)
