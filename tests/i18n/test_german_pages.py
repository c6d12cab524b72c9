"""Pages and mails for German readers are German from top to bottom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask_babel import force_locale, gettext

from tests.i18n.conftest import GermanFront
from tests.shops import Shop, make_shop
from tests.storefront.conftest import Page
from tests.storefront.test_one_click import token_of
from webshop_segments.blueprints import words

ENGLISH = re.compile(
    r"\b(the|and|you|your|please|send|sent|search|with|this|that|add|delete|save|subscribers?|consents?|agreed?"
    r"|newsletters|people|page|channel|language|subject|history|settings)\b",
    re.IGNORECASE,
)


def assert_german(text: str, *expected: str) -> None:
    for sentence in expected:
        assert sentence in text
    assert not ENGLISH.findall(text), text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("segments", "Segment hinzufügen"),
        ("segments?q=xyzzy", "Kein Segment heißt so"),
        ("segments/add", "Jeder Name kann nur einmal vergeben werden."),
        ("newsletters", "Noch keine E-Mail-Newsletter"),
        ("newsletters/add/email", "Betreff"),
        ("newsletters/add/sms", "Frei in diesem Teil"),
        ("subscribers", "Noch keine Abonnenten"),
        ("consents", "Version 1"),
        ("segments/999", "Dieses Segment gibt es nicht mehr."),
    ],
)
def test_the_panel_speaks_german(german_front: GermanFront, path: str, expected: str) -> None:
    german_front.shop.customer("ada@example.com", german_front.shop.company("Radwerk"))
    page = german_front.page(f"/marketing/{path}")
    assert page.language == "de"
    assert_german(page.words, expected)


def test_a_field_left_empty_is_complained_about_in_german(german_front: GermanFront) -> None:
    newsletter = german_front.shop.newsletter()
    answer = german_front.post(f"/marketing/newsletters/{newsletter.id}/trial", {"to": ""})
    assert "Dieses Feld wird benötigt." in answer.text


def test_double_opt_in_speaks_german(german_front: GermanFront) -> None:
    customer = german_front.shop.customer("ada@example.com", email_verified=False)
    boxes = german_front.form("registration", customer)
    assert_german(boxes.words.removeprefix("Shop"), "News und Angebote (freiwillig)", "per E-Mail")
    told = german_front.send("registration", boxes.hidden | {"consent_email": "1"}, customer)
    assert_german(told["message"], "Wir haben Ihnen eine E-Mail gesendet.")

    mail = german_front.notices[-1]
    assert mail.subject == "Bitte bestätigen: Newsletter von Test shop"
    without_link = re.sub(r"https://\S+", "", mail.text or "")
    assert_german(without_link, "Guten Tag Ada,", "hoffentlich von Ihnen selbst", "Der Link ist 7 Tage gültig.")

    link = german_front.confirmation_link()
    assert_german(german_front.visit(link).words, "Es fehlt noch ein Klick", "Ja, ich willige ein")
    assert_german(Page(german_front.post(link)).words, "Vielen Dank, Ihre Einwilligung ist bestätigt")


def test_the_unsubscribe_page_speaks_the_persons_language(german_front: GermanFront) -> None:
    customer = german_front.shop.agreed("ada@example.com", locale="de_DE")
    address = f"/marketing/u/{token_of(german_front, customer)}"
    page = Page(super(GermanFront, german_front).open("GET", address, headers={"Accept-Language": "en"}))
    own_words = page.words.replace(german_front.shop.publish("email").texts[0].statement, "")
    assert page.language == "de"
    assert "Abbestellen: E-Mail" in own_words
    assert "Warum habe ich diese Nachricht erhalten?" in own_words
    assert "Why did I get this?" not in own_words


@pytest.mark.once
def test_dates_and_numbers_are_written_as_german_readers_do(database_url: str) -> None:
    shop = make_shop(database_url, config={"WSS_TIMEZONE": "Europe/Berlin"})
    with shop.app.test_request_context(), force_locale("de"):
        assert words.number(1204) == "1.204"
        assert words.number(0.5) == "0,5"
        assert words.moment(datetime(2026, 11, 22, 6, 30, tzinfo=UTC)) == "22.11.2026, 07:30"
        assert words.day("2026-11-22") == "22.11.2026"
        assert words.duration(180) == "3 Minuten"
        shop.plugin.engine.dispose()


@pytest.fixture
def translated_host(database_url: str, host_schema: str | None, tmp_path: Path) -> Iterator[Shop]:
    """A host that calls "Segments" something else in its own catalog."""
    catalog = Catalog(locale="de")
    catalog.add("Segments", "Kettenglieder")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    shop = make_shop(database_url, schema=host_schema, config={"BABEL_TRANSLATION_DIRECTORIES": str(tmp_path)})
    shop.app.add_url_rule("/host", view_func=lambda: gettext("Segments"), endpoint="host")
    with shop.app.app_context():
        yield shop
        shop.db.session.remove()
        shop.plugin.engine.dispose()


def test_a_host_keeps_its_own_translation_of_the_same_words(translated_host: Shop, host_schema: str | None) -> None:
    front = GermanFront(translated_host, host_schema)
    assert front.open("GET", "/host").text == "Kettenglieder"
    assert "Segmente" in front.visit("/marketing/segments").words
    assert "Kettenglieder" not in front.visit("/marketing/segments").words
    assert front.open("GET", "/host").text == "Kettenglieder"
