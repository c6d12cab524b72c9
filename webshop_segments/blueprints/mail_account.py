"""Settings → Sending → Mail account: the mail account for mass mail (W50)."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.validators import Length, Optional

from ..i18n import _, lazy_gettext
from ..newsletter.account import account as accounts
from ..newsletter.account import checks, trial
from ..newsletter.account.channel import MailAccountChannel
from ..newsletter.account.checks import Draft
from ..newsletter.account.models import MailAccount
from ..plugin import plugin
from .admin import bp, done, page, render
from .forms import Form
from .guard import actor, permission


class AccountForm(Form):
    sender_name = StringField(lazy_gettext("Sender name"), [Length(max=120)], render_kw={"autocomplete": "off"})
    sender_address = StringField(lazy_gettext("Sender address"), [Length(max=254)], render_kw={"autocomplete": "off"})
    server = StringField(lazy_gettext("Mail server"), [Length(max=253)], render_kw={"autocomplete": "off"})
    port = IntegerField(lazy_gettext("Port"), [Optional()])
    security = SelectField(lazy_gettext("Encryption"))
    username = StringField(lazy_gettext("Login"), [Length(max=254)], render_kw={"autocomplete": "off"})
    password = PasswordField(lazy_gettext("Password"), render_kw={"autocomplete": "new-password"})
    forget_password = BooleanField(lazy_gettext("Remove the stored password"))
    per_hour = IntegerField(lazy_gettext("Messages per hour"), [Optional()])
    batch = IntegerField(lazy_gettext("Pause after so many messages"), [Optional()])
    pause_seconds = IntegerField(lazy_gettext("Length of the pause in seconds"), [Optional()])
    opens = TimeField(lazy_gettext("Send from"), [Optional()])
    closes = TimeField(lazy_gettext("Send until"), [Optional()])
    opened_at = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.security.choices = [
            (checks.STARTTLS, _("STARTTLS (usually port 587)")),
            (checks.TLS, _("TLS from the start (usually port 465)")),
            (checks.NONE, _("None (only within this machine or without login)")),
        ]

    def draft(self) -> Draft:
        texts = {"sender_name", "sender_address", "server", "security", "username", "password"}
        values = {name: value for name, value in self.data.items() if name in Draft.__slots__}
        given: dict[str, Any] = {name: (value or "") if name in texts else value for name, value in values.items()}
        return Draft(**given)


class TestForm(Form):
    to = StringField(lazy_gettext("To"), [Length(max=254)])


class RemovalForm(Form):
    opened_at = HiddenField()


@bp.get("/mail-account")
@permission("settings.manage")
def mail_account() -> ResponseReturnValue:
    return _page(_filled(_account()), TestForm(to=plugin().settings.shop_email))


@bp.post("/mail-account")
@permission("settings.manage")
def save_mail_account() -> ResponseReturnValue:
    wired, form = plugin(), AccountForm()

    def save() -> MailAccount:
        trial.drop(wired.session)
        return accounts.save(wired.session, wired.keys, form.draft(), form.opened_at.data or "", actor())

    if form.attempt(save) is not None:
        return done(_("The mail account was saved. Send a test message now."), ".mail_account", _anchor="wss-test")
    return _page(form, TestForm(formdata=None, to=wired.settings.shop_email))


@bp.post("/mail-account/test")
@permission("settings.manage")
def mail_account_message() -> ResponseReturnValue:
    wired, form, account = plugin(), TestForm(), _account()
    if account is None:
        return _page(_filled(None), form)
    to = form.attempt(lambda: trial.send(wired.session, wired, account, form.to.data or "", actor()))
    if to is not None:
        return done(_("A test message to %(address)s is on its way.", address=to), ".mail_account", _anchor="wss-test")
    return _page(_filled(account), form)


@bp.route("/mail-account/remove", methods=["GET", "POST"])
@permission("settings.manage")
def remove_mail_account() -> ResponseReturnValue:
    wired, account = plugin(), _account()
    form = RemovalForm(opened_at=accounts.version(account))

    def remove() -> bool:
        trial.drop(wired.session)
        accounts.remove(wired.session, form.opened_at.data or "", actor())
        return True

    if form.attempt(remove):
        return done(_("The mail account was removed."), ".mail_account")
    return page("mail_account/remove.html", form=form, account=account, configured=_configured())


def _account() -> MailAccount | None:
    return accounts.get(plugin().session)


def _filled(account: MailAccount | None) -> AccountForm:
    """The form as it stands in the database, even where something else was posted."""
    if account is None:
        start = {"port": 587, "security": checks.STARTTLS, "sender_name": plugin().settings.shop_name}
        return AccountForm(formdata=None, data=start)
    values = {name: getattr(account, name) for name in AccountForm()._fields if hasattr(account, name)}
    hours = accounts.limits(account).hours
    opens, closes = hours or (None, None)
    if account.closes == checks.MIDNIGHT:
        closes = time.min
    values |= {"password": "", "opens": opens, "closes": closes, "opened_at": accounts.version(account)}
    return AccountForm(formdata=None, data=values)


def _page(form: AccountForm, test: TestForm) -> ResponseReturnValue:
    wired, account = plugin(), _account()
    values: dict[str, Any] = {
        "account": account,
        "test": test,
        "last": trial.outcome(wired.session, account) if account else None,
        "lost": account is not None and accounts.password_is_lost(wired.keys, account),
        "configured": _configured(),
        "in_use": isinstance(wired.channels.get("email"), MailAccountChannel),
        "timezone": wired.settings.timezone.key,
    }
    if "HX-Request" in request.headers:
        return page("mail_account/_outcome.html", **values)
    return render("mail_account/show.html", form=form, **values), max(form.status, test.status)


def _configured() -> tuple[str, str] | None:
    """Name and address newsletters leave in without an account; None where nothing is configured."""
    channel = plugin().channels.get("email")
    if isinstance(channel, MailAccountChannel):
        channel = channel.configured
    name, address = getattr(channel, "sender", None) or ("", plugin().settings.shop_email)
    return (name or plugin().settings.shop_name, address) if address else None
