"""The German catalog is complete, compiled, and says what the English texts say."""

from __future__ import annotations

import io
import re

import pytest
from babel.messages.mofile import write_mo

from tests.i18n.catalog import AGAIN, MO, extracted, forms, german, messages

pytestmark = pytest.mark.once

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")


def test_every_text_has_a_german_one() -> None:
    translated = {message.id: message for message in messages(german())}
    missing = [message.id for message in messages(extracted()) if message.id not in translated]
    assert not missing, AGAIN
    unfinished = [message.id for message in translated.values() if message.fuzzy or not all(forms(message.string))]
    assert not unfinished, AGAIN


def test_no_german_text_outlives_its_english_one() -> None:
    used = {message.id for message in messages(extracted())}
    assert not [message.id for message in messages(german()) if message.id not in used], AGAIN
    assert not german().obsolete, AGAIN


def test_the_compiled_catalog_is_the_written_one() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, german())
    assert MO.read_bytes() == compiled.getvalue(), AGAIN


def test_placeholders_are_kept() -> None:
    changed = [
        (english, text)
        for message in messages(german())
        for english, text in zip(forms(message.id), forms(message.string), strict=True)
        if sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(text))
    ]
    assert not changed


def test_quotation_marks_are_german() -> None:
    texts = [text for message in messages(german()) for text in forms(message.string)]
    assert not [text for text in texts if "”" in text or '"' in text or text.count("„") != text.count("“")]


def test_customers_and_administrators_are_addressed_formally() -> None:
    familiar = re.compile(r"\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]ein\w*|[Ee]uch|[Ee]uer)\b")
    assert not [message.string for message in messages(german()) if familiar.search(" ".join(forms(message.string)))]
