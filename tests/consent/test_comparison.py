"""What differs between two versions is told word by word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.shops import ANNA
from webshop_segments.consent import comparison, versions
from webshop_segments.consent.comparison import Piece
from webshop_segments.consent.default_text import default_wordings
from webshop_segments.consent.models import ConsentVersion
from webshop_segments.consent.wording import Wording
from webshop_segments.errors import Refused

ENGLISH, GERMAN = default_wordings("Test shop", "https://shop.example/privacy")

pytestmark = [pytest.mark.once, pytest.mark.rule("W21")]


def version(
    *wordings: Wording,
    channels: tuple[str, ...] = ("email",),
    after: ConsentVersion | None = None,
    controller: str = "Test shop",
    change: str = "editorial",
) -> ConsentVersion:
    return versions.draft(after, channels=channels, wordings=wordings, controller=controller, change=change, by=ANNA)


def test_words_that_went_and_came_are_told_with_those_around_them() -> None:
    before = version(replace(ENGLISH, statement="I want news by post."))
    after = version(replace(ENGLISH, statement="I want some news now."), after=before)

    (found,) = comparison.differences(before, after)

    assert (found.language, found.part) == ("en", "statement")
    assert [(piece.kind, piece.text) for piece in found.pieces] == [
        ("same", "I want "),
        ("added", "some "),
        ("same", "news "),
        ("removed", "by post."),
        ("added", "now."),
    ]


def test_every_part_is_compared_and_what_stayed_is_left_out() -> None:
    before = version(ENGLISH, GERMAN)
    changed = replace(
        GERMAN, withdrawal="Jederzeit.", privacy_url="https://shop.example/p", labels={"email": "per Mail"}
    )
    after = version(ENGLISH, changed, after=before, controller="Other shop")

    found = comparison.differences(before, after)

    assert [(row.language, row.part, row.channel) for row in found] == [
        (None, "controller", None),
        ("de", "withdrawal", None),
        ("de", "privacy_url", None),
        ("de", "label", "email"),
    ]


def test_a_language_that_comes_or_goes_differs_as_a_whole() -> None:
    before, after = version(ENGLISH), version(GERMAN)

    found = comparison.differences(before, after)

    assert [(row.language, row.part) for row in found[:1] + found[-1:]] == [("de", "statement"), ("en", "label")]
    assert found[0].pieces == (Piece("added", GERMAN.statement),)


def test_words_beside_a_box_nobody_was_shown_make_no_difference() -> None:
    before = version(ENGLISH)
    after = version(replace(ENGLISH, labels={"email": ENGLISH.labels["email"]}), after=before)

    assert comparison.differences(before, after) == []


def test_a_new_channel_alone_may_not_be_called_material() -> None:
    before = version(ENGLISH)
    comparison.check(before, version(ENGLISH, channels=("email", "sms"), after=before))

    with pytest.raises(Refused, match="Only the channels differ from version 1"):
        comparison.check(before, version(ENGLISH, channels=("email", "sms"), after=before, change="material"))

    other = replace(ENGLISH, statement="News, please.")
    comparison.check(before, version(other, channels=("email", "sms"), after=before, change="material"))


def test_what_says_nothing_new_is_no_version() -> None:
    before = version(ENGLISH)

    with pytest.raises(Refused, match="Nothing differs from version 1"):
        comparison.check(before, version(ENGLISH, after=before))
