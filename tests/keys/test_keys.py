"""WSS_KEYS: refused when missing or malformed; rotated without losing a link or a suppression."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webshop_segments.consent import tokens
from webshop_segments.consent.tokens import Link
from webshop_segments.directory.people import PersonKey
from webshop_segments.errors import ConfigurationError
from webshop_segments.keys import Keys

pytestmark = pytest.mark.once

OLD, NEW = "o" * 32, "n" * 32
KEYS = Keys.parse(f"k1:{OLD}")
LINK = Link(PersonKey("contact", "4711"), "email", "ab" * 16)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        {},
        OLD,
        f"k1={OLD}",
        "k1:" + "x" * 31,
        "k1:",
        f":{OLD}",
        f"k1:{OLD},",
        f"k1:{OLD},k1:{NEW}",
        f"my key:{OLD}",
        {"k1": "x" * 31},
        {"k1": 12345678901234567890123456789012},
        {1: OLD},
        [OLD],
        12345,
    ],
)
def test_a_missing_or_malformed_value_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ConfigurationError, match="^WSS_KEYS"):
        Keys.parse(value)


def test_the_sentence_about_a_missing_value_says_how_to_make_one() -> None:
    with pytest.raises(ConfigurationError, match="secrets.token_urlsafe"):
        Keys.parse(None)


def test_no_sentence_gives_a_secret_away() -> None:
    for value in (OLD, f"k1:{OLD},{NEW}", f"{OLD}{NEW}:k1"):
        with pytest.raises(ConfigurationError) as caught:
            Keys.parse(value)
        assert OLD not in str(caught.value)


def test_a_secret_may_hold_colons() -> None:
    assert Keys.parse(f"k1:{OLD}:x").check_values() == Keys.parse({"k1": f"{OLD}:x"}).check_values()


@pytest.mark.rule("E09")
def test_links_sent_under_an_old_key_still_work_after_rotation() -> None:
    token = tokens.unsubscribe_token(KEYS, LINK)
    rotated = Keys.parse(f"k2:{NEW},k1:{OLD}")

    assert tokens.read_unsubscribe(rotated, token) == LINK
    assert tokens.unsubscribe_token(rotated, LINK) != token
    assert tokens.read_unsubscribe(rotated, tokens.unsubscribe_token(rotated, LINK)) == LINK
    assert tokens.read_unsubscribe(Keys.parse(f"k2:{NEW}"), token) is None


@pytest.mark.rule("C48")
def test_a_suppressed_address_is_recognised_after_rotation() -> None:
    rotated = Keys.parse(f"k2:{NEW},k1:{OLD}")
    assert rotated.address_key("email", "Ada@Example.com") == KEYS.address_key("email", "ada@example.com")
    assert Keys.parse(f"k2:{NEW}").address_key("email", "ada@example.com") != KEYS.address_key(
        "email", "ada@example.com"
    )


@pytest.mark.rule("C48")
def test_one_address_has_another_key_on_another_channel() -> None:
    assert KEYS.address_key("sms", "+4915123456789") != KEYS.address_key("whatsapp", "+4915123456789")


def test_a_token_for_one_purpose_is_no_token_for_another() -> None:
    assert tokens.read_confirmation(KEYS, tokens.unsubscribe_token(KEYS, LINK)) is None
    assert tokens.read_unsubscribe(KEYS, tokens.confirmation_token(KEYS, 5)) is None


@given(place=st.integers(min_value=0), other=st.characters(codec="utf-8"))
def test_a_token_with_any_one_character_changed_is_worth_nothing(place: int, other: str) -> None:
    token = tokens.unsubscribe_token(KEYS, LINK)
    at = place % len(token)
    changed = token[:at] + other + token[at + 1 :]
    assert changed == token or tokens.read_unsubscribe(KEYS, changed) is None


@given(st.integers(min_value=0))
def test_a_cut_token_is_worth_nothing(length: int) -> None:
    token = tokens.unsubscribe_token(KEYS, LINK)
    assert tokens.read_unsubscribe(KEYS, token[: length % len(token)]) is None


@given(st.text(min_size=1))
def test_a_token_with_something_added_is_worth_nothing(more: str) -> None:
    token = tokens.unsubscribe_token(KEYS, LINK)
    assert tokens.read_unsubscribe(KEYS, token + more) is None
    assert tokens.read_unsubscribe(KEYS, more + token) is None


@given(st.text())
def test_any_text_can_be_posted_as_a_token(text: str) -> None:
    assert tokens.read_unsubscribe(KEYS, text) is None
    assert tokens.read_confirmation(KEYS, text) is None


@pytest.mark.rule("W44")
def test_the_token_of_a_trial_unsubscribes_nobody() -> None:
    assert tokens.read_unsubscribe(KEYS, tokens.inert_token(KEYS)) is None
    assert tokens.is_inert(KEYS, tokens.inert_token(KEYS))
