"""Administrators are added, changed, blocked and deleted here (W10 to W13)."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Collection, Sequence

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from .. import clock
from ..access import FLAGS, Actor
from ..db import savepoint
from ..errors import Refused
from ..i18n import _
from . import audit
from .models import Administrator

NAME_LENGTH = 120


def get(session: Session, administrator_id: int) -> Administrator:
    """:raises Refused: (404) when the account is gone, for example deleted in another tab."""
    administrator = session.get(Administrator, administrator_id)
    if administrator is None:
        raise Refused(_("This administrator no longer exists. Somebody has deleted the account."), status=404)
    return administrator


def by_email(session: Session, email: str) -> Administrator | None:
    """The account of an address, however it is written."""
    try:
        key = email_key(normalise(email))
    except Refused:
        return None
    return session.scalar(select(Administrator).where(Administrator.email_key == key))


def everyone(session: Session) -> Sequence[Administrator]:
    """All accounts: the main administrator, then the others by name."""
    found = session.scalars(select(Administrator).order_by(Administrator.id)).all()
    return sorted(found, key=lambda one: (not one.is_main, one.name.casefold()))


def normalise(email: str) -> str:
    """:raises Refused: for what is no e-mail address."""
    try:
        checked = validate_email(email.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        checked = None
    if checked is None or checked.ascii_email is None:
        raise Refused(
            _("“%(address)s” is no e-mail address we can write to. Please check it.", address=email), field="email"
        )
    return checked.ascii_email


def email_key(email: str) -> str:
    """Equal for addresses that count as the same."""
    return email.casefold()


def create(session: Session, email: str, by: Actor, flags: Collection[str] = ()) -> Administrator:
    """An account named after its address, without a password.

    :raises Refused: for what is no address, or (409) one that has an account.
    """
    address = normalise(email)
    administrator = Administrator(
        email=address,
        email_key=email_key(address),
        name=address[:NAME_LENGTH],
        flags=_known(flags),
        stamp=new_stamp(),
        created_by=by.name[:80],
    )
    try:
        with savepoint(session):
            session.add(administrator)
    except IntegrityError:
        # Two people may add one address at the same moment: the constraint decides.
        raise Refused(
            _("An administrator with the address %(email)s already exists.", email=address), field="email", status=409
        ) from None
    audit.record(session, by, "administrator.added", "administrator", administrator.id, address)
    return administrator


def create_main(session: Session, email: str, password: str | None, by: Actor) -> Administrator:
    """The first account is the main administrator's; a later one starts without permissions.

    :param password: as the operator wants it; without one the account needs an invitation link.
    """
    administrator = create(session, email, by)
    administrator.is_main = not session.scalar(select(Administrator.id).where(Administrator.is_main).limit(1))
    if password:
        administrator.password_hash = generate_password_hash(password)
    session.flush()
    return administrator


def change(session: Session, administrator: Administrator, name: str, group_name: str, by: Actor) -> None:
    """Another name or group.

    :raises Refused: for a name that cannot be used; the main administrator's account is only their own to change.
    """
    name, group_name = _clean(name, "name"), _clean(group_name, "group_name")
    if not name:
        raise Refused(_("Enter a name first."), field="name")
    if (name, group_name) == (administrator.name, administrator.group_name):
        return
    if administrator.is_main and not is_self(administrator, by):
        raise Refused(_("Only the main administrator can change this account."), status=403)
    old = administrator.name
    administrator.name, administrator.group_name = name, group_name
    session.flush()
    audit.record(session, by, "administrator.changed", "administrator", administrator.id, name, old=old)


def set_flags(
    session: Session, administrator: Administrator, flags: Collection[str], held: Collection[str], by: Actor
) -> None:
    """Give and take permissions; those that ``by`` does not hold stay as they are.

    :raises Refused: for a permission ``by`` does not hold, and where nobody may change them.
    """
    fixed = why_flags_are_fixed(administrator, by)
    if fixed:
        raise Refused(fixed, status=403)
    old = set(administrator.flags)
    if set(flags) - old - set(held):
        raise Refused(_("You can only give permissions that you hold yourself."), status=403)
    administrator.flags = _known(set(flags) | (old - set(held)))
    given, taken = _known(set(administrator.flags) - old), _known(old - set(administrator.flags))
    if not given and not taken:
        return
    session.flush()
    action = "administrator.permissions_changed"
    audit.record(session, by, action, "administrator", administrator.id, administrator.name, given=given, taken=taken)


def block(session: Session, administrator: Administrator, by: Actor) -> Administrator:
    """End all sessions and links of the account, and let nobody log in; harmless when blocked already.

    :raises Refused: for the main administrator and oneself.
    """
    _refuse_untouchable(administrator, by)
    if administrator.blocked_at is None:
        administrator.blocked_at, administrator.stamp = clock.now(), new_stamp()
        session.flush()
        audit.record(session, by, "administrator.blocked", "administrator", administrator.id, administrator.name)
    return administrator


def unblock(session: Session, administrator: Administrator, by: Actor) -> Administrator:
    """Let the administrator log in again."""
    if administrator.blocked_at is not None:
        administrator.blocked_at = None
        session.flush()
        audit.record(session, by, "administrator.unblocked", "administrator", administrator.id, administrator.name)
    return administrator


def delete(session: Session, administrator: Administrator, by: Actor) -> Administrator:
    """Delete the account; what the administrator did stays in the history.

    :raises Refused: for the main administrator and oneself.
    """
    _refuse_untouchable(administrator, by)
    name = administrator.name
    session.delete(administrator)
    session.flush()
    audit.record(session, by, "administrator.deleted", "administrator", administrator.id, name)
    return administrator


def why_flags_are_fixed(administrator: Administrator, by: Actor) -> str | None:
    """Why ``by`` cannot change these permissions, None where that is possible."""
    if administrator.is_main:
        return _("The main administrator has all permissions.")
    if is_self(administrator, by):
        return _("Nobody changes their own permissions. Ask another administrator.")
    return None


def is_self(administrator: Administrator, by: Actor) -> bool:
    return by == Actor("administrator", str(administrator.id), by.name)


def new_stamp() -> str:
    """Ends every session and every link of an account that carry the old one."""
    return secrets.token_hex(16)


def _refuse_untouchable(administrator: Administrator, by: Actor) -> None:
    if administrator.is_main:
        raise Refused(_("The main administrator can be neither blocked nor deleted."), status=403)
    if is_self(administrator, by):
        raise Refused(_("You can neither block nor delete your own account."), status=403)


def _known(flags: Collection[str]) -> list[str]:
    return [flag for flag in FLAGS if flag in flags]


def _clean(text: str, field: str) -> str:
    cleaned = " ".join(unicodedata.normalize("NFC", text).split())
    if not cleaned.isprintable():
        raise Refused(_("This contains invisible control characters. Type it again by hand."), field=field)
    if len(cleaned) > NAME_LENGTH:
        raise Refused(
            _("This has %(length)s characters; %(most)s is the most.", length=len(cleaned), most=NAME_LENGTH),
            field=field,
        )
    return cleaned
