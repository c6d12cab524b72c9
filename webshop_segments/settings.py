"""Every setting of the plugin, read once from the host's configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email
from phonenumbers import SUPPORTED_REGIONS

from .errors import ConfigurationError

NAMES = (
    "WSS_PUBLIC_URL",
    "WSS_SHOP_NAME",
    "WSS_SHOP_EMAIL",
    "WSS_SHOP_PHONE",
    "WSS_IMPRINT",
    "WSS_DEFAULT_COUNTRY",
    "WSS_DEFAULT_LOCALE",
    "WSS_TIMEZONE",
    "WSS_BASE_TEMPLATE",
    "WSS_URL_PREFIX",
    "WSS_SCHEMA",
    "WSS_TWILIO_ACCOUNT",
    "WSS_TWILIO_TOKEN",
    "WSS_TWILIO_SENDER",
)
"""All settings but WSS_KEYS, which :mod:`.keys` reads."""

_URL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+/?")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Settings:
    """The WSS_* settings; what each is for stands in README.md."""

    public_url: str
    shop_name: str
    shop_email: str | None
    shop_phone: str | None
    imprint: str
    default_country: str
    default_locale: str
    timezone: ZoneInfo
    base_template: str
    url_prefix: str
    schema: str | None
    twilio_account: str | None
    twilio_token: str | None
    twilio_sender: str | None

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Settings:
        """:raises ConfigurationError: naming the setting that is missing or wrong, and a right value."""
        given = {name: _text(config, name) for name in NAMES}
        account, token, sender = (given[f"WSS_TWILIO_{name}"] for name in ("ACCOUNT", "TOKEN", "SENDER"))
        if (account or token) and not (account and token and sender):
            raise ConfigurationError("WSS_TWILIO_ACCOUNT, WSS_TWILIO_TOKEN and WSS_TWILIO_SENDER must be set together.")
        return cls(
            public_url=_public_url(given["WSS_PUBLIC_URL"]),
            shop_name=given["WSS_SHOP_NAME"] or "Webshop",
            shop_email=_email(given["WSS_SHOP_EMAIL"]),
            shop_phone=given["WSS_SHOP_PHONE"],
            imprint=given["WSS_IMPRINT"] or "",
            default_country=_country(given["WSS_DEFAULT_COUNTRY"] or "DE"),
            default_locale=_locale(given["WSS_DEFAULT_LOCALE"] or "en"),
            timezone=_timezone(given["WSS_TIMEZONE"] or "Europe/Berlin"),
            base_template=given["WSS_BASE_TEMPLATE"] or "webshop_segments/admin/base.html",
            url_prefix=_url_prefix(given["WSS_URL_PREFIX"] or "/marketing"),
            schema=_schema(given["WSS_SCHEMA"]),
            twilio_account=account,
            twilio_token=token,
            twilio_sender=sender,
        )


def _text(config: Mapping[str, Any], name: str) -> str | None:
    value = config.get(name)
    if value is None or isinstance(value, str):
        return value.strip() or None if value else None
    raise ConfigurationError(f"{name}={value!r} must be text: put it in quotation marks.")


def _public_url(value: str | None) -> str:
    if not value:
        raise ConfigurationError(
            "WSS_PUBLIC_URL is missing: it is the address customers reach this shop at, and every "
            'link in a message starts with it. Set for example WSS_PUBLIC_URL="https://shop.example".'
        )
    # It goes into headers of messages: ASCII only, a name with umlauts in its xn-- form.
    if not _URL.fullmatch(value):
        raise ConfigurationError(f"WSS_PUBLIC_URL={value!r} is no address like https://shop.example.")
    parts = urlsplit(value)
    # RFC 8058, 3.1: a one-click link is HTTPS; plain http never leaves the machine it was written on.
    if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
        raise ConfigurationError(f"WSS_PUBLIC_URL={value!r} must start with https:// (http only on loopback).")
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _email(value: str | None) -> str | None:
    try:
        return value and validate_email(value, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        raise ConfigurationError(f"WSS_SHOP_EMAIL={value!r} is no address like shop@shop.example.") from None


def _country(value: str) -> str:
    if value not in SUPPORTED_REGIONS:
        raise ConfigurationError(f"WSS_DEFAULT_COUNTRY={value!r} is unknown; use two capital letters like DE.")
    return value


def _locale(value: str) -> str:
    try:
        return Locale.parse(value.replace("-", "_")).language
    except (UnknownLocaleError, ValueError):
        raise ConfigurationError(f"WSS_DEFAULT_LOCALE={value!r} is unknown; use a language like en or de.") from None


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"WSS_TIMEZONE={name!r} is unknown; use a name like Europe/Berlin.") from None


def _url_prefix(value: str) -> str:
    if not _PREFIX.fullmatch(value):
        raise ConfigurationError(
            f"WSS_URL_PREFIX={value!r} must start with a slash and name a place of our own, like /marketing."
        )
    return value.rstrip("/")


def _schema(value: str | None) -> str | None:
    if value is not None and not _SCHEMA.fullmatch(value):
        raise ConfigurationError(
            f"WSS_SCHEMA={value!r} is no name of a schema; use small letters, digits and underscores, like marketing."
        )
    return value
