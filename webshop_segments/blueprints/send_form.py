"""What an administrator decides before a newsletter is sent: when, again, with a control copy or without."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, StringField
from wtforms.validators import Length

from ..errors import Refused
from ..i18n import _, lazy_gettext
from ..newsletter import scheduling
from ..plugin import plugin
from .forms import Form


class SendForm(Form):
    request_key = HiddenField()
    again = BooleanField(lazy_gettext("Yes, send it again"))
    control_copy = BooleanField(lazy_gettext("Send a control copy to the shop"), default=True)
    when = RadioField(lazy_gettext("When"), default="now")
    due_at = StringField(lazy_gettext("Date and time"), [Length(max=30)], render_kw={"type": "datetime-local"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, request_key=secrets.token_hex(16), **kwargs)
        self.when.choices = [("now", _("Now")), ("later", _("Later, at this time:"))]

    def time(self) -> datetime | None:
        """When to send, None for now.

        :raises Refused: for a time that cannot be, and when it is not clear which of both was meant.
        """
        text = self.due_at.data or ""
        if self.when.data == "later":
            return scheduling.parse_local(text, plugin().settings.timezone)
        if text:
            sentence = _("A time is filled in, but “Now” is chosen. Choose “Later”, or empty the time.")
            raise Refused(sentence, field="due_at")
        return None
