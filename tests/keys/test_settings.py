"""A wrong setting is refused when the app starts, with a sentence that names it."""

from __future__ import annotations

from typing import Any

import pytest

from webshop_segments.errors import ConfigurationError
from webshop_segments.settings import NAMES, Settings

pytestmark = pytest.mark.once

LEAST = {"WSS_PUBLIC_URL": "https://shop.example"}


def read(**given: Any) -> Settings:
    return Settings.read(LEAST | given)


@pytest.mark.parametrize("missing", [None, "", "  "])
def test_the_public_address_is_needed(missing: Any) -> None:
    with pytest.raises(ConfigurationError, match="WSS_PUBLIC_URL is missing"):
        read(WSS_PUBLIC_URL=missing)


@pytest.mark.parametrize(
    "url", ["https://shop.example", "https://shop.example:8443/shop", "http://127.0.0.1:5000", "http://[::1]:5000"]
)
def test_a_public_address_is_https_or_on_this_machine(url: str) -> None:
    assert read(WSS_PUBLIC_URL=url).public_url == url
    assert read(WSS_PUBLIC_URL=url + "/").public_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example",
        "http://192.0.2.1",
        "http://localhost.shop.example",
        "shop.example",
        "//shop.example",
        "ftp://shop.example",
        "https://",
        "https://[::1",
        "https://shop.example:port",
        "https://shop.example?from=mail",
        "https://shop.example#top",
        "https://shop example",
        "https://shop.example\r\nBcc: x@example.com",
        "https://münchen.example",
        "https://anna:secret@shop.example",
    ],
)
def test_any_other_public_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="^WSS_PUBLIC_URL="):
        read(WSS_PUBLIC_URL=url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WSS_SHOP_EMAIL", "shop"),
        ("WSS_SHOP_EMAIL", "shop@shop.example\nBcc: x@example.com"),
        ("WSS_DEFAULT_COUNTRY", "Germany"),
        ("WSS_DEFAULT_COUNTRY", "de"),
        ("WSS_DEFAULT_LOCALE", "englisch"),
        ("WSS_DEFAULT_LOCALE", "xx"),
        ("WSS_TIMEZONE", "Berlin"),
        ("WSS_TIMEZONE", "../etc/passwd"),
        ("WSS_TIMEZONE", "Europe"),
        ("WSS_URL_PREFIX", "marketing"),
        ("WSS_URL_PREFIX", "/"),
        ("WSS_URL_PREFIX", "/<name>"),
        ("WSS_SCHEMA", "Marketing"),
        ("WSS_SCHEMA", 'm"; DROP TABLE customer; --'),
        ("WSS_SCHEMA", "m" * 64),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_the_setting(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name}="):
        read(**{name: value})


@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_is_no_text_is_refused_with_the_name_of_the_setting(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name}=4711 must be text"):
        read(**{name: 4711})


@pytest.mark.parametrize("missing", ["ACCOUNT", "TOKEN", "SENDER"])
def test_twilio_is_set_up_whole_or_not_at_all(missing: str) -> None:
    given = {f"WSS_TWILIO_{name}": "x" for name in ("ACCOUNT", "TOKEN", "SENDER") if name != missing}
    with pytest.raises(ConfigurationError, match="WSS_TWILIO_ACCOUNT, WSS_TWILIO_TOKEN and WSS_TWILIO_SENDER"):
        read(**given)


def test_the_public_address_is_all_that_is_needed() -> None:
    found = read()
    assert (found.default_country, found.default_locale, found.timezone.key) == ("DE", "en", "Europe/Berlin")
    assert (found.url_prefix, found.schema, found.shop_name) == ("/marketing", None, "Webshop")


def test_a_locale_with_a_country_gives_its_language() -> None:
    assert read(WSS_DEFAULT_LOCALE="de-AT").default_locale == "de"
    assert read(WSS_DEFAULT_LOCALE="de_CH").default_locale == "de"
