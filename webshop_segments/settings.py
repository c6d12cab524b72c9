"""Every setting of the plugin, read once from the host's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import ConfigurationError


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
        return cls(
            public_url=_public_url(config.get("WSS_PUBLIC_URL")),
            shop_name=config.get("WSS_SHOP_NAME") or "Webshop",
            shop_email=config.get("WSS_SHOP_EMAIL"),
            shop_phone=config.get("WSS_SHOP_PHONE"),
            imprint=config.get("WSS_IMPRINT") or "",
            default_country=config.get("WSS_DEFAULT_COUNTRY") or "DE",
            default_locale=config.get("WSS_DEFAULT_LOCALE") or "en",
            timezone=_timezone(config.get("WSS_TIMEZONE") or "Europe/Berlin"),
            base_template=config.get("WSS_BASE_TEMPLATE") or "webshop_segments/admin/base.html",
            url_prefix=(config.get("WSS_URL_PREFIX") or "/marketing").rstrip("/"),
            schema=config.get("WSS_SCHEMA"),
            twilio_account=config.get("WSS_TWILIO_ACCOUNT"),
            twilio_token=config.get("WSS_TWILIO_TOKEN"),
            twilio_sender=config.get("WSS_TWILIO_SENDER"),
        )


def _public_url(value: str | None) -> str:
    if not value:
        raise ConfigurationError(
            "WSS_PUBLIC_URL is missing: it is the address customers reach this shop at, and every "
            'link in a message starts with it. Set for example WSS_PUBLIC_URL="https://shop.example".'
        )
    parts = urlsplit(value)
    if not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"WSS_PUBLIC_URL={value!r} is no address like https://shop.example.")
    # RFC 8058, 3.1: a one-click link is HTTPS; plain http never leaves the machine it was written on.
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ConfigurationError(f"WSS_PUBLIC_URL={value!r} must start with https:// (http only on loopback).")
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigurationError(f"WSS_TIMEZONE={name!r} is unknown; use a name like Europe/Berlin.") from None
