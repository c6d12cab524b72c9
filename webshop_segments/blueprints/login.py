"""Logging in and out, the forgotten password, and the links that set one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from wtforms import PasswordField, StringField
from wtforms.validators import Length

from ..administration import links
from ..administration.login import authenticate
from ..administration.models import Administrator
from ..administration.own import OwnAdministrators, own_administrators, safe_path
from ..i18n import _, lazy_gettext
from ..plugin import plugin
from . import menu
from .admin import bp, done, page
from .forms import Confirmation, Form
from .guard import View


def public(reason: str) -> Callable[[View], View]:
    """Mark a view that needs no permission; the reason stays readable as ``view.public_reason``."""

    def mark(view: View) -> View:
        view.public_reason = reason  # type: ignore[attr-defined]
        return view

    return mark


class LoginForm(Form):
    email = StringField(
        lazy_gettext("E-mail address"), [Length(max=254)], render_kw={"autocomplete": "username", "autofocus": True}
    )
    password = PasswordField(
        lazy_gettext("Password"), [Length(max=200)], render_kw={"autocomplete": "current-password"}
    )


class ForgottenForm(Form):
    email = StringField(
        lazy_gettext("E-mail address"), [Length(max=254)], render_kw={"autocomplete": "username", "autofocus": True}
    )


class NewPasswordForm(Form):
    password = PasswordField(
        lazy_gettext("New password"),
        [Length(max=200)],
        render_kw={"autocomplete": "new-password", "minlength": links.PASSWORD_LENGTH, "autofocus": True},
    )


@bp.context_processor
def _account_corner() -> dict[str, Any]:
    return {"wss_can_log_out": isinstance(plugin().access, OwnAdministrators), "wss_csrf": generate_csrf}


@bp.get("/")
@public("leads strangers to the login page, and administrators to their first page")
def home() -> ResponseReturnValue:
    access = plugin().access
    if access.actor() is None:
        return access.challenge()
    first = next(iter(menu.entries(access)), None)
    return redirect(url_for(first.endpoint)) if first else page("login/nothing_yet.html")


@bp.route("/login", methods=["GET", "POST"])
@public("strangers log in here")
def login() -> ResponseReturnValue:
    access, form = own_administrators(), LoginForm()
    target = safe_path(request.args.get("next")) or url_for(".home")
    if request.method == "GET" and access.actor() is not None:
        return redirect(target)
    outcome = form.attempt(lambda: authenticate(plugin().session, form.email.data or "", form.password.data or ""))
    if isinstance(outcome, Administrator):
        access.log_in(outcome)
        return redirect(target, 303)
    if outcome is not None:
        form.refuse(outcome)
    return page("login/login.html", form)


@bp.post("/logout")
@public("ends a session, whoever's it is")
def logout() -> ResponseReturnValue:
    access, form = own_administrators(), Confirmation()
    if not form.attempt(lambda: True):
        return page("login/logout.html", form)
    access.log_out()
    return done(_("You are logged out."), ".login")


@bp.route("/password/forgot", methods=["GET", "POST"])
@public("answers strangers alike, whether or not the address is known")
def forgot_password() -> ResponseReturnValue:
    own_administrators()
    wired, form = plugin(), ForgottenForm()
    if form.attempt(lambda: links.send_reset(wired.session, wired.keys, wired.settings, form.email.data or "")):
        return done(
            _("If this address belongs to an administrator, a link is on its way. It is valid for one hour."), ".login"
        )
    return page("login/forgotten.html", form)


@bp.route("/password/<token>", methods=["GET", "POST"])
@public("opened by the signed link of a mail")
def reset_password(token: str) -> ResponseReturnValue:
    return _set_password(links.PASSWORD, token)


@bp.route("/invitation/<token>", methods=["GET", "POST"])
@public("opened by the signed link of a mail")
def accept_invitation(token: str) -> ResponseReturnValue:
    return _set_password(links.INVITATION, token)


def _set_password(kind: str, token: str) -> ResponseReturnValue:
    own_administrators()
    wired, form = plugin(), NewPasswordForm()
    administrator = links.read(wired.session, wired.keys, kind, token)
    if form.attempt(lambda: links.set_password(wired.session, wired.keys, kind, token, form.password.data or "")):
        return done(_("Your password is set. Log in with it."), ".login")
    return page("login/new_password.html", form, administrator=administrator, invited=kind == links.INVITATION)
