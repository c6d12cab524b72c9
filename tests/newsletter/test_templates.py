"""What an administrator types is checked when it is saved: a sentence says what to mend, and nothing is saved."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select

from tests.shops import Shop
from webshop_segments import Refused
from webshop_segments.newsletter.message.compiled import html
from webshop_segments.newsletter.models import Newsletter

REFUSED = {
    "{% if first_name %}Dear": "Line 1 cannot be read",
    "Hello\n{{ first_name | shout }}": "Line 2 cannot be read: unknown filter 'shout'",
    "{{ first_nam }}": "“first_nam” is no variable",
    "{% for number in (1..100000000) %}x{% endfor %}": "without end",
    "{% for a in (1..4000) %}{% for b in (1..4000) %}{{ a }}{% endfor %}{% endfor %}": "without end",
    "{% assign a = 'aaaaaaaaaa' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}": "without end",
    "{{ 9999999999 | times: 9999999999 }}": "without end",
    "{% include 'secrets' %}": "Line 1 cannot be read",
    "   ": "The text is empty",
}


@pytest.mark.parametrize("body", REFUSED)
def test_a_text_that_could_not_be_sent_is_refused_at_once_and_not_saved(shop: Shop, body: str) -> None:
    began = time.monotonic()
    with pytest.raises(Refused, match=REFUSED[body].replace("(", "\\(")):
        shop.newsletter(body=body)
    assert time.monotonic() - began < 5
    assert shop.session.scalar(select(func.count()).select_from(Newsletter)) == 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": " "}, "Enter a name first"),
        ({"subject": ""}, "Enter a subject"),
        ({"subject": "Re: your order"}, "treated as spam"),
        ({"subject": "Hello\r\nBcc: all@example.com"}, "line breaks"),
        ({"subject": "{{ nobody }}"}, "is no variable"),
        ({"reply_to": "not an address"}, "is no e-mail address"),
    ],
)
def test_name_subject_and_reply_to_are_checked_likewise(shop: Shop, values: dict[str, str], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        shop.newsletter(**values)


def test_plain_text_becomes_paragraphs_and_liquid_conditions_survive_the_cleaning() -> None:
    typed = "Dear {{ first_name }},\n\n{% if points > 3 %}\n\nlook <b>here</b>\nnow.\n\n{% endif %}"
    assert html.from_typed(typed) == (
        "<p>Dear {{ first_name }},</p>\n{% if points > 3 %}\n<p>look <b>here</b><br>\nnow.</p>\n{% endif %}"
    )


def test_scripts_and_handlers_do_not_survive_the_cleaning() -> None:
    dirty = '<p onclick="steal()">a<script>steal()</script><a href="javascript:steal()">b</a><img src=x onerror=y></p>'
    clean = html.from_typed(dirty)
    assert "script" not in clean
    assert "onclick" not in clean
    assert "onerror" not in clean


def test_the_text_part_says_what_the_html_says() -> None:
    page = '<h1>News</h1><p>Two <b>bikes</b>:</p><ul><li>red</li><li>{{ colour }}</li></ul><p><a href="https://a.b">Look</a></p>'
    assert html.to_text(page) == "News\n\nTwo bikes:\n\n- red\n- {{ colour }}\n\nLook (https://a.b)"
