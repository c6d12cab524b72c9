"""Addresses as they are stored and compared: e-mail in ASCII with IDNA domain, phone numbers in E.164."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from ..errors import Refused
from ..i18n import _
from ..keys import Keys

ADDRESS_COLUMN = {"email": "email", "sms": "phone", "whatsapp": "phone", "phone": "phone"}
"""Which column of the shop's contacts a channel reaches a person through."""

CHANNELS = tuple(ADDRESS_COLUMN)

_MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


@dataclass(frozen=True, slots=True)
class Address:
    """The three forms of an address: as the host's column holds it, normalised, and keyed."""

    seen: str
    normal: str
    key: str


def address(keys: Keys, channel: str, seen: str | None, country: str) -> Address:
    """All three forms of what a host column holds.

    :raises Refused: with the reason when nothing can be sent there.
    """
    if not seen or not seen.strip():
        raise Refused(
            _("There is no e-mail address yet.") if channel == "email" else _("There is no phone number yet."),
            field=ADDRESS_COLUMN[channel],
        )
    normal = normalise(channel, seen, country)
    return Address(seen, normal, keys.address_key(channel, normal))


def normalise(channel: str, seen: str, country: str) -> str:
    """RFC 5321 address with A-label domain, or E.164 number.

    :param country: region of numbers written without country code (ISO 3166).
    :raises Refused: for what cannot be delivered to, landlines for SMS included (T08).
    """
    if channel == "email":
        return _email(seen)
    return _phone(seen, country, mobile=channel != "phone")


def _email(seen: str) -> str:
    try:
        checked = validate_email(seen.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise Refused(
            _("“%(address)s” is no e-mail address we can write to. Please check it.", address=seen),
            field="email",
        ) from None
    if checked.ascii_email is None:
        raise Refused(_("“%(address)s” is no e-mail address we can write to. Please check it.", address=seen))
    return checked.ascii_email


def _phone(seen: str, country: str, *, mobile: bool) -> str:
    try:
        number = phonenumbers.parse(seen, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise Refused(
            _(
                "“%(number)s” is no phone number. Write it with country code, for example +49 151 23456789.",
                number=seen,
            ),
            field="phone",
        )
    if mobile and phonenumbers.number_type(number) not in _MOBILE:
        raise Refused(
            _("“%(number)s” is no mobile number; a text message cannot reach it.", number=seen), field="phone"
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def mask(channel: str, normal: str) -> str:
    """An address for log lines and for whoever lacks personal_data.view: recognisable, not readable."""
    if channel == "email":
        local, _at, domain = normal.partition("@")
        return f"{local[:1]}…@{domain}"
    return f"{normal[:4]}…{normal[-2:]}"
