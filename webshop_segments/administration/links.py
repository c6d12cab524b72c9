"""Links by mail through which an administrator sets a password: the invitation, and the reset of a forgotten one."""

from __future__ import annotations

import hashlib
import struct
from datetime import timedelta
from typing import Any, cast

from flask import render_template
from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from .. import clock
from ..access import Actor
from ..errors import Refused
from ..i18n import _, language, template_names
from ..keys import Keys
from ..notices import queue
from ..settings import Settings
from . import accounts, audit
from .login import STRANGER
from .models import Administrator

INVITATION = "invitation"
PASSWORD = "password"
LIFE = {INVITATION: timedelta(days=7), PASSWORD: timedelta(hours=1)}
PASSWORD_LENGTH = 12

_PAYLOAD = struct.Struct(">QQ8s")


def invite(session: Session, keys: Keys, settings: Settings, administrator: Administrator, by: Actor) -> Administrator:
    """Send the link to a first password; an earlier invitation ends.

    :raises Refused: (409) for whoever is blocked or has a password.
    """
    if administrator.blocked_at is not None:
        raise Refused(_("This administrator is blocked. Unblock the account first."), status=409)
    if administrator.password_hash is not None:
        raise Refused(_("This administrator has accepted the invitation already."), status=409)
    administrator.stamp = accounts.new_stamp()
    _send(session, keys, settings, INVITATION, administrator)
    audit.record(session, by, "administrator.invited", "administrator", administrator.id, administrator.name)
    return administrator


def send_reset(session: Session, keys: Keys, settings: Settings, email: str) -> bool:
    """Send the link to a new password, where the address has an account; the caller's answer is the same for all."""
    administrator = accounts.by_email(session, email)
    if administrator is None or administrator.blocked_at is not None:
        return True
    if not queue.had_enough(session, PASSWORD, keys.address_key("email", administrator.email)):
        _send(session, keys, settings, PASSWORD, administrator)
        action = "administrator.password_requested"
        audit.record(session, STRANGER, action, "administrator", administrator.id, administrator.name)
    return True


def link(keys: Keys, settings: Settings, kind: str, administrator: Administrator) -> str:
    """The address of the page; it ends with its time, or when the account's stamp changes."""
    expires = int((clock.now() + LIFE[kind]).timestamp())
    token = keys.sign(kind, _PAYLOAD.pack(administrator.id, expires, _digest(administrator.stamp)))
    return f"{settings.public_url}{settings.url_prefix}/{kind}/{token}"


def read(session: Session, keys: Keys, kind: str, token: str) -> Administrator:
    """Whom a link belongs to.

    :raises Refused: (410) for a forged, cut, used or expired one.
    """
    payload = keys.verify(kind, token)
    if payload is None or len(payload) != _PAYLOAD.size:
        raise _over()
    administrator_id, expires, digest = _PAYLOAD.unpack(payload)
    administrator = session.get(Administrator, administrator_id)
    if (
        administrator is None
        or administrator.blocked_at is not None
        or expires < clock.now().timestamp()
        or digest != _digest(administrator.stamp)
    ):
        raise _over()
    return administrator


def set_password(session: Session, keys: Keys, kind: str, token: str, password: str) -> Administrator:
    """Set the password a link allows to; the link and all sessions of the account end.

    :raises Refused: for a password that is easily guessed, and (410) for a link that is over.
    """
    administrator = read(session, keys, kind, token)
    _check(password, administrator.email)
    result = cast(
        CursorResult[Any],
        session.execute(
            update(Administrator)
            .where(Administrator.id == administrator.id, Administrator.stamp == administrator.stamp)
            .values(
                password_hash=generate_password_hash(password),
                stamp=accounts.new_stamp(),
                failed_logins=0,
                next_login_at=None,
            )
            .execution_options(synchronize_session=False)
        ),
    )
    if not result.rowcount:
        raise _over()
    session.refresh(administrator)
    action = "administrator.invitation_accepted" if kind == INVITATION else "administrator.password_changed"
    audit.record(session, administrator.actor, action, "administrator", administrator.id, administrator.name)
    return administrator


def _check(password: str, email: str) -> None:
    if len(password) < PASSWORD_LENGTH:
        raise Refused(_("The password needs at least %(least)s characters.", least=PASSWORD_LENGTH), field="password")
    if password.strip().casefold() == email.casefold():
        raise Refused(_("The password must not be your e-mail address."), field="password")


def _over() -> Refused:
    return Refused(
        _("This link has been used or is too old. On the login page, “Forgot password” sends you a new one."),
        status=410,
    )


def _digest(stamp: str) -> bytes:
    return hashlib.sha256(stamp.encode()).digest()[:8]


def _send(session: Session, keys: Keys, settings: Settings, kind: str, administrator: Administrator) -> None:
    content = template_names() | {
        "shop_name": settings.shop_name,
        "imprint": settings.imprint,
        "language": language(),
        "name": administrator.name,
        "url": link(keys, settings, kind, administrator),
    }
    folder = f"webshop_segments/email/{kind}"
    content["subject"] = " ".join(render_template(f"{folder}/subject.txt", **content).split())
    queue.queue(
        session,
        kind,
        "email",
        administrator.email,
        keys.address_key("email", administrator.email),
        subject=content["subject"],
        text=render_template(f"{folder}/body.txt", **content),
        html=render_template(f"{folder}/body.html", **content),
    )
