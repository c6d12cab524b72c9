"""The default of port 2: our own administrators, logged in beside the host's customers under our own session key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, flash, has_request_context, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from ..access import FLAGS, Actor
from ..errors import Refused
from ..i18n import _
from ..plugin import plugin
from .models import Administrator

SESSION_KEY = "wss_administrator"
_FOUND = "webshop_segments.administrator"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The administrator of one request."""

    actor: Actor
    flags: frozenset[str]


class OwnAdministrators:
    """Whoever logged in on our page and is neither blocked nor has got another password since."""

    def can(self, flag: str) -> bool:
        found = self._logged_in()
        return found is not None and flag in found.flags

    def actor(self) -> Actor | None:
        found = self._logged_in()
        return None if found is None else found.actor

    def challenge(self) -> ResponseReturnValue:
        """The login page, which leads back to where the stranger wanted to go."""
        if "HX-Request" in request.headers:
            return _leave_for_login()
        if request.method in ("GET", "HEAD"):
            wanted = request.script_root + request.full_path.rstrip("?")
            return redirect(url_for("wss_admin.login", next=wanted))
        flash(_("You were logged out meanwhile and nothing was saved. Log in and repeat what you did."), "warning")
        return redirect(url_for("wss_admin.login"), 303)

    def log_in(self, administrator: Administrator) -> None:
        """Start the administrator's session; what the host keeps in the session stays."""
        renew = getattr(current_app.session_interface, "regenerate", None)
        if renew is not None:
            renew(session._get_current_object())  # type: ignore[attr-defined]
        session[SESSION_KEY] = {"id": administrator.id, "stamp": administrator.stamp}
        request.environ.pop(_FOUND, None)

    def log_out(self) -> None:
        """End the administrator's session; a customer in the same browser stays logged in."""
        session.pop(SESSION_KEY, None)
        request.environ.pop(_FOUND, None)

    def _logged_in(self) -> LoggedIn | None:
        if not has_request_context():
            return None
        # Not in flask.g: where an app context is open already, g outlives the request.
        if _FOUND not in request.environ:
            request.environ[_FOUND] = _find(session.get(SESSION_KEY))
        found: LoggedIn | None = request.environ[_FOUND]
        if found is None:
            session.pop(SESSION_KEY, None)
        return found


def own_administrators() -> OwnAdministrators:
    """The access of this app where it is ours.

    :raises Refused: (404) where the host brings its own.
    """
    access = plugin().access
    if not isinstance(access, OwnAdministrators):
        raise Refused(_("Administrators of this shop are looked after in the shop itself."), status=404)
    return access


def safe_path(target: str | None) -> str | None:
    """A path of the panel, None for anything that could lead elsewhere."""
    if not target or target.startswith("//") or "\\" in target or not target.isprintable():
        return None
    panel = f"{request.script_root}{plugin().settings.url_prefix}/"
    return target if target.startswith(panel) else None


def _find(stored: Any) -> LoggedIn | None:
    match stored:
        case {"id": int(administrator_id), "stamp": str(stamp)}:
            wanted = select(Administrator.id, Administrator.name, Administrator.flags, Administrator.is_main).where(
                Administrator.id == administrator_id,
                Administrator.stamp == stamp,
                Administrator.blocked_at.is_(None),
            )
            row = plugin().session.execute(wanted).first()
        case _:
            row = None
    if row is None:
        return None
    return LoggedIn(Actor("administrator", str(row.id), row.name), frozenset(FLAGS if row.is_main else row.flags))


def _leave_for_login() -> ResponseReturnValue:
    """htmx would put the login page into a corner of the old one; the header makes it leave the page."""
    here = request.headers.get("HX-Current-URL", "")
    wanted = safe_path(here.removeprefix(request.host_url.rstrip("/")))
    return Response(status=401, headers={"HX-Redirect": url_for("wss_admin.login", next=wanted)})
