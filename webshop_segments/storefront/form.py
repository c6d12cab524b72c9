"""The consent boxes as a field of a WTForms form: it renders, validates and records them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from markupsafe import Markup
from wtforms import Field, ValidationError
from wtforms.form import BaseForm

from ..consent import boxes, submission
from ..errors import Refused
from ..plugin import plugin
from . import fields
from .recording import Guest, Outcome, record


class ConsentField(Field):
    """The boxes of a place, as one field; ``data`` is the set of channels that were ticked.

    :param place: as in ``consent_fields``.
    """

    def __init__(self, place: str = "registration", label: str = "", **options: Any) -> None:
        super().__init__(label, **options)
        self.place = place
        self.contact_ref: object | None = None
        self.data: frozenset[str] = frozenset()

    def __call__(self, **attributes: Any) -> Markup:
        """The boxes; attributes have no place to go to, the template is overridden instead."""
        return fields.consent_fields(self.place, contact_ref=self.contact_ref)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """The names of the boxes are fixed, whatever prefix the form has: read them from the request."""
        self.process_errors: list[str] = []
        self.data = boxes.ticked(request.form) if formdata is not None else frozenset()

    def populate_obj(self, obj: Any, name: str) -> None:
        """A consent is recorded, never written onto an object of the shop's."""

    def pre_validate(self, form: BaseForm) -> None:
        """:raises ValidationError: for what ``record`` would refuse, before the shop has made a customer of it."""
        # Without the database: a transaction begun here would, on SQLite, lose its turn to a writer in between.
        place = boxes.place_of(self.place, logged_in=self.contact_ref is not None)
        try:
            submission.check(plugin().keys, place, request.form)
        except Refused as refusal:
            raise ValidationError(str(refusal)) from None


class ConsentFields:
    """Mix it into a form, before FlaskForm or Form, and name the place: ``{{ form.consents }}`` renders the boxes.

    :cvar consent_place: as in ``consent_fields``.
    """

    consent_place = "registration"
    consents = ConsentField()

    def __init__(self, *args: Any, contact_ref: object | None = None, **options: Any) -> None:
        """:param contact_ref: the customer's key where she is logged in."""
        super().__init__(*args, **options)
        self.consents.place, self.consents.contact_ref = self.consent_place, contact_ref

    def record_consents(self, *, contact_ref: object | None = None, guest: Guest | None = None) -> Outcome:
        """As ``storefront.record``: after the customer or order is flushed, before the shop's commit."""
        form: Mapping[str, str] = request.form
        return record(self.consent_place, contact_ref=contact_ref, guest=guest, form=form)
