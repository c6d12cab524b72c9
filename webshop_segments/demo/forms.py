"""The shop's forms."""

from __future__ import annotations

from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField, TelField, ValidationError
from wtforms.fields.core import Field
from wtforms.form import BaseForm
from wtforms.validators import AnyOf, DataRequired, Length, Optional, Regexp

from webshop_segments import storefront

from .languages import _, later

READING_LANGUAGES = {"en": "English", "de": "Deutsch", "pl": "polski", "it": "italiano"}


def trimmed(value: Any) -> str | None:
    """The text without blanks around it, None where nothing is left."""
    return (value or "").strip() or None


def deliverable(form: BaseForm, field: Field) -> None:
    """Refuse what is no e-mail address; whether it exists, only a mail to it can tell."""
    try:
        field.data = validate_email(field.data, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValidationError(_("This is not an e-mail address. It looks like name@example.com.")) from None


def text(label: str, autocomplete: str, longest: int = 100) -> StringField:
    """A required line of text."""
    return StringField(
        later(label),
        filters=[trimmed],
        validators=[DataRequired(later("Please fill this in.")), Length(max=longest)],
        render_kw={"autocomplete": autocomplete},
    )


def email() -> EmailField:
    return EmailField(
        later("E-mail address"),
        filters=[trimmed],
        validators=[DataRequired(later("Please fill this in.")), Length(max=254), deliverable],
        render_kw={"autocomplete": "email"},
    )


def phone() -> TelField:
    return TelField(
        later("Mobile number"),
        filters=[trimmed],
        validators=[
            Optional(),
            Regexp(r"\+?[0-9 ()/.-]{5,30}$", message=later("Please write the number like +49 151 23456789.")),
        ],
        description=later("Optional, with the country: +49 151 23456789"),
        render_kw={"autocomplete": "tel"},
    )


class ShopForm(FlaskForm):  # type: ignore[misc]
    """A form with the shop's CSRF token."""


class LoginForm(ShopForm):
    email = email()
    password = PasswordField(
        later("Password"),
        validators=[DataRequired(later("Please fill this in."))],
        render_kw={"autocomplete": "current-password"},
    )


class RegistrationForm(storefront.ConsentFields, ShopForm):
    consent_place = "registration"
    first_name = text("First name", "given-name")
    last_name = text("Last name", "family-name")
    email = email()
    phone = phone()
    password = PasswordField(
        later("Password"),
        validators=[
            DataRequired(later("Please fill this in.")),
            Length(min=8, max=200, message=later("Please choose a password of at least eight characters.")),
        ],
        description=later("At least eight characters"),
        render_kw={"autocomplete": "new-password"},
    )


class ProfileForm(storefront.ConsentFields, ShopForm):
    consent_place = "profile"
    first_name = text("First name", "given-name")
    last_name = text("Last name", "family-name")
    phone = phone()
    locale = StringField(later("Language of our messages"), validators=[AnyOf(READING_LANGUAGES)])


class CheckoutForm(ShopForm):
    """Where the parcel goes."""

    name = text("Name", "name", 200)
    street = text("Street and number", "street-address", 200)
    postal_code = text("Postal code", "postal-code", 20)
    city = text("City", "address-level2")
    country = text("Country", "country-name")


class GuestCheckoutForm(CheckoutForm):
    email = email()
