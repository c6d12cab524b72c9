"""The base of all forms: a form is posted, an operation attempted, its refusal shown beside the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import abort, request
from flask_wtf import FlaskForm
from wtforms import Field

from ..errors import Refused
from ..i18n import _
from ..plugin import plugin

T = TypeVar("T")


class Form(FlaskForm):  # type: ignore[misc]
    """A form whose operation may still refuse what the fields allowed; WTForms translates its own messages."""

    status = 200

    def validate(self, extra_validators: Any = None) -> bool:
        """A form with an old token comes back with what was typed and can be sent again (W51)."""
        valid = bool(super().validate(extra_validators))
        token = cast("Field | None", self._fields.get(self.meta.csrf_field_name))
        if token is not None and token.errors:
            # What another site made a browser send is not offered for sending again.
            if request.headers.get("Sec-Fetch-Site") == "cross-site":
                abort(400)
            self.status = 422
            token.errors = [
                _("This page was open for too long, so nothing was saved. What you typed is still here: send it again.")
            ]
        return valid

    def attempt(self, operation: Callable[[], T]) -> T | None:
        """Run an operation if the form was posted and is valid, and commit it.

        :returns: the operation's result, or None when there is a form to be shown (again).
        """
        if not self.is_submitted():
            return None
        if not self.validate():
            self.status = 422
            return None
        session = plugin().session
        try:
            result = operation()
        except Refused as refusal:
            session.rollback()
            self.refuse(refusal)
            return None
        session.commit()
        return result

    def refuse(self, refusal: Refused) -> None:
        """Show a refusal beside its field, or above the form."""
        self.status = refusal.status
        field = cast("Field | None", self._fields.get(refusal.field or ""))
        if field is None:
            self.form_errors.append(str(refusal))
        else:
            field.errors = [*field.errors, str(refusal)]


class Confirmation(Form):
    """A button and its token, nothing to fill in."""
