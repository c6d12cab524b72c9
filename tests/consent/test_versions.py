"""Publishing versions: each change is a new one, and what was published stays as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.consent.deeds import someone
from tests.shops import ANNA, Shop
from tests.support.together import together
from webshop_segments.administration.models import Audit
from webshop_segments.consent import versions
from webshop_segments.consent.default_text import default_wordings
from webshop_segments.consent.models import ConsentText, ConsentVersion
from webshop_segments.consent.versions import Wording
from webshop_segments.errors import Refused

WORDINGS = default_wordings("Test shop", "https://shop.example/privacy")
ENGLISH, GERMAN = WORDINGS


def publish(shop: Shop, **values: Any) -> ConsentVersion:
    given: dict[str, Any] = {"channels": ["email"], "wordings": WORDINGS, "controller": "Test shop"}
    given |= {"change": "editorial", "end_removed": False, "by": ANNA}
    return versions.publish(shop.session, **(given | values))


@pytest.mark.rule("W21")
def test_versions_are_numbered_and_say_what_changed_and_who_did_it(shop: Shop) -> None:
    first = publish(shop)
    second = publish(shop, channels=["phone", "sms"], change="material")

    assert (first.number, first.channels, first.channels_added) == (1, ["email"], ["email"])
    assert (second.number, second.channels, second.change) == (2, ["sms", "phone"], "material")
    assert (second.channels_added, second.channels_removed) == (["sms", "phone"], ["email"])
    assert second.published_by == "Anna"
    assert [version.number for version in versions.all_versions(shop.session)] == [2, 1]
    actions = shop.session.scalars(select(Audit.action).order_by(Audit.id))
    assert list(actions) == ["consents.published"] * 2


def test_the_first_version_changes_nothing_that_went_before(shop: Shop) -> None:
    assert publish(shop, change="material").change == "editorial"


@pytest.mark.rule("C35")
def test_a_text_is_shown_in_the_readers_language_else_the_shops_else_any(shop: Shop) -> None:
    version = publish(shop)
    only_german = publish(shop, wordings=[GERMAN])

    shown = [versions.text_in(version, language, "en").language for language in ("de", "en", "pl")]

    assert shown == ["de", "en", "en"]
    assert versions.text_in(only_german, "pl", "en").language == "de"


@pytest.mark.rule("W20")
@pytest.mark.rule("C08")
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"channels": []}, "at least one channel"),
        ({"channels": ["email", "pigeon"]}, "no such channel"),
        ({"controller": "  "}, "who will write"),
        ({"wordings": []}, "in at least one language"),
        ({"wordings": [replace(ENGLISH, statement=" ")]}, "needs the statement"),
        ({"wordings": [ENGLISH, replace(GERMAN, withdrawal="")]}, "“de” needs the statement, how to withdraw"),
        ({"wordings": [replace(ENGLISH, privacy_url="")]}, "the privacy notice's address"),
        ({"channels": ["sms"], "wordings": [replace(ENGLISH, labels={"email": "by e-mail"})]}, "name every channel"),
        ({"wordings": [replace(ENGLISH, labels={"email": "  "})]}, "name every channel"),
    ],
)
def test_an_incomplete_version_is_refused(shop: Shop, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        publish(shop, **values)
    assert shop.session.scalar(select(func.count()).select_from(ConsentVersion)) == 0


@pytest.mark.rule("C34")
def test_a_published_version_cannot_be_changed_or_deleted(shop: Shop) -> None:
    version = publish(shop)
    shop.session.commit()

    def reword() -> None:
        version.texts[0].statement = "I want everything."

    def widen() -> None:
        version.channels = ["email", "sms"]

    for attempt in (reword, widen, lambda: shop.session.delete(version), lambda: shop.session.delete(version.texts[0])):
        attempt()
        with pytest.raises(RuntimeError, match="publish the next one"):
            shop.session.flush()
        shop.session.rollback()
    assert shop.session.scalar(select(func.count()).select_from(ConsentText)) == 2


@pytest.mark.rule("C03")
def test_an_old_text_stays_word_for_word_when_a_new_one_is_published(shop: Shop) -> None:
    old = publish(shop)
    digest = versions.text_in(old, "en", "en").sha256
    publish(shop, wordings=[replace(ENGLISH, statement="News, please:"), GERMAN])

    shop.session.expire_all()
    text = versions.text_in(old, "en", "en")

    assert text.statement == ENGLISH.statement
    assert text.sha256 == versions.text_digest(text, "Test shop") == digest
    assert versions.text_digest(text, "Another shop") != digest


@pytest.mark.rule("W21")
def test_people_are_counted_at_the_version_they_accepted_last(shop: Shop) -> None:
    publish(shop)
    people = [someone(shop, f"p{number}@example.com") for number in range(4)]
    for person in people:
        person.give()
    publish(shop, channels=["email", "sms"])
    people[0].give("email")
    people[0].give("sms")
    people[1].withdraw()
    people[2].request("sms")

    assert versions.accepted(shop.session) == {(1, "email"): 2, (2, "email"): 1, (2, "sms"): 1}
    assert versions.held(shop.session) == {"email": 3, "sms": 1}


def test_two_administrators_publishing_at_once_make_two_versions_or_one_is_told(shop: Shop) -> None:
    def attempt() -> str:
        try:
            version = publish(shop)
            shop.session.commit()
        except Refused as refusal:
            shop.session.rollback()
            return f"{refusal.status}"
        return f"version {version.number}"

    outcomes = together(shop.app, *[attempt] * 3)

    published = shop.session.scalars(select(ConsentVersion.number).order_by(ConsentVersion.number)).all()
    assert published == list(range(1, len(published) + 1))
    assert sorted(outcomes) == sorted([f"version {n}" for n in published] + ["409"] * (3 - len(published)))


def test_wordings_name_every_channel_in_every_language() -> None:
    def complete(wording: Wording) -> bool:
        return all(wording.labels[channel].strip() for channel in ("email", "sms", "whatsapp", "phone"))

    assert all(complete(wording) for wording in WORDINGS)
