"""Names of segments: cleaned, judged and sorted alike on every database."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.segments.lists import segment
from tests.shops import Shop
from webshop_segments.errors import Refused
from webshop_segments.segments import names
from webshop_segments.segments.models import Segment


@pytest.mark.once
@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Bikers  ", "Bikers"),
        ("Big \u00a0\u3000 spenders", "Big spenders"),
        ("Ｇｏｌｄ ①", "Gold 1"),
        ("Cafe\u0301", "Café"),
        ("Family 👩\u200d👩\u200d👧", "Family 👩\u200d👩\u200d👧"),
        ("Shaking \U0001fae8 heads", "Shaking \U0001fae8 heads"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("مشترين", "مشترين"),
        ("a" * 120, "a" * 120),
        (" ".join("a" * 60), " ".join("a" * 60)),
        ("ﬃ" * 40, "ffi" * 40),
    ],
)
def test_a_name_is_stored_tidied_up(typed: str, stored: str) -> None:
    assert names.clean(typed) == stored


@pytest.mark.once
@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter a name first"),
        (" \t\n\u3000 ", "Enter a name first"),
        ("\u200d", "Enter a name first"),
        ("a" * 121, "121 characters; 120 is the most"),
        ("ﬃ" * 41, "123 characters; 120 is the most"),
        ("a\nb", "control characters"),
        ("a\0b", "control characters"),
        ("\x1b[31mred", "control characters"),
        ("admin\u202egnp", "control characters"),
        ("shop\u200f", "control characters"),
        ("a\u2028b", "control characters"),
        ("a\u200bb", "control characters"),
        ("\ufeffBikers", "control characters"),
        ("a\ue000", "control characters"),
        ("a\ud800", "control characters"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_with_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refusal:
        names.clean(typed)
    assert (refusal.value.field, refusal.value.status) == ("name", 422)


@pytest.mark.once
@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("Bikers", "  bIKERS "),
        ("Café", "CAFE\u0301"),
        ("Ｇｏｌｄ", "gold"),
        ("Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
    ],
)
def test_names_that_look_the_same_count_as_one(one: str, other: str) -> None:
    assert names.name_key(names.clean(one)) == names.name_key(names.clean(other))


@pytest.mark.once
@settings(deadline=None)
@given(st.text(min_size=1, max_size=120))
def test_a_name_once_cleaned_is_clean_and_fits_its_columns(typed: str) -> None:
    try:
        cleaned = names.clean(typed)
    except Refused:
        return
    assert names.clean(cleaned) == cleaned
    assert len(names.name_key(cleaned)) <= 400
    assert names.sort_key(cleaned)


@pytest.mark.rule("W1")
def test_every_database_sorts_by_the_root_collation(shop: Shop) -> None:
    mixed = random.Random(7).sample(["10th", "1st", "2nd", "apple", "Arnold", "Ärmel", "cote", "coté", "côte", "côté",
                                     "Éclair", "Öl", "Oz", "Zebra", "яблоко", "苹果"], 16)  # fmt: skip
    for name in mixed:
        segment(shop, name)

    shown = list(shop.session.scalars(select(Segment.name).order_by(Segment.sort_key)))

    assert shown == ["10th", "1st", "2nd", "apple", "Ärmel", "Arnold", "cote", "coté", "côte", "côté",
                     "Éclair", "Öl", "Oz", "Zebra", "яблоко", "苹果"]  # fmt: skip
