"""No text a reader sees stands outside the catalog."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser

import pytest

from tests.support.source import PROJECT, modules

pytestmark = pytest.mark.once

TEMPLATES = sorted((PROJECT / "templates").rglob("*.*"))
JINJA = re.compile(r"\{#.*?#\}|\{% raw %\}.*?\{% endraw %\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2}")
SPOKEN = {"alt", "aria-label", "placeholder", "title"}
SHOWN_FIRST = re.compile(r"(Refused|flash|done|empty|\w+Field)$")


class Words(HTMLParser):
    """What a template says on its own: text between tags, and attributes that are read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.found += [value for name, value in attrs if name in SPOKEN and value and WORD.search(value)]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style") and WORD.search(data):
            self.found.append(data.strip())


def literal_words(template: str) -> list[str]:
    words = Words()
    words.feed(JINJA.sub(" ", template))
    words.close()
    return words.found


def test_templates_say_nothing_on_their_own() -> None:
    said = {
        str(path.relative_to(PROJECT)): words
        for path in TEMPLATES
        if path.suffix in (".html", ".txt") and (words := literal_words(path.read_text("utf-8")))
    }
    assert not said


def test_the_check_notices_what_it_looks_for() -> None:
    assert literal_words("<p>Hello {{ name }}</p>") == ["Hello"]
    assert literal_words('<input placeholder="Search"{% if a %} checked{% endif %}>') == ["Search"]
    assert literal_words('<p title="{{ _("Hello") }}">{{ _("Hello") }} –</p>') == []


def test_messages_and_labels_are_translated() -> None:
    literal = [
        module.at(call)
        for module in modules()
        if module.room != "demo"
        for call, name in module.calls()
        if SHOWN_FIRST.search(name)
        and call.args
        and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
        and WORD.search(ast.unparse(call.args[0]))
    ]
    assert not literal
