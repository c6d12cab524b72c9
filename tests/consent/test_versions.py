"""Publishing versions: each change is a new one, and what was published stays as it was."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.consent.deeds import someone
from tests.shops import ANNA, Shop
from tests.support.together import together
from webshop_segments.access import Actor
from webshop_segments.administration.models import Audit
from webshop_segments.consent import versions
from webshop_segments.consent.default_text import default_wordings
from webshop_segments.consent.models import ConsentText, ConsentVersion
from webshop_segments.consent.versions import Uptake
from webshop_segments.consent.wording import Wording, text_digest
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
        ({"wordings": [replace(ENGLISH, privacy_url="javascript:alert(1)")]}, "a complete address"),
        ({"wordings": [replace(ENGLISH, privacy_url="/privacy")]}, "a complete address"),
        ({"wordings": [replace(GERMAN, statement="News\u202e please")]}, "“de” contains invisible control"),
        ({"wordings": [replace(ENGLISH, labels={"email": "by\x00 e-mail"})]}, "“en” contains invisible control"),
        ({"controller": "Test\x07 shop"}, "invisible control characters"),
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
    assert text.sha256 == text_digest(text, "Test shop") == digest
    assert text_digest(text, "Another shop") != digest


@pytest.mark.rule("W21")
def test_of_each_version_it_is_known_who_accepted_it_and_who_still_holds_it(shop: Shop) -> None:
    publish(shop)
    people = [someone(shop, f"p{number}@example.com") for number in range(4)]
    for person in people:
        person.give()
    publish(shop, channels=["email", "sms"])
    people[0].give("email")
    people[0].give("sms")
    people[1].withdraw()
    people[2].request("sms")

    assert versions.uptake(shop.session) == {
        (1, "email"): Uptake(accepted=4, valid=2),
        (2, "email"): Uptake(accepted=1, valid=1),
        (2, "sms"): Uptake(accepted=1, valid=1),
    }


@pytest.mark.rule("W21")
def test_whoever_agrees_twice_is_one_person_and_whoever_must_renew_is_told_apart(shop: Shop) -> None:
    publish(shop)
    ada, bob = someone(shop), someone(shop, "bob@example.com")
    for _turn in range(2):
        ada.give()
        ada.withdraw()
    ada.give()
    bob.request()
    bob.confirm()

    publish(shop, change="material")

    assert versions.uptake(shop.session) == {(1, "email"): Uptake(accepted=2, outdated=2)}
    ada.give()
    assert versions.uptake(shop.session) == {
        (1, "email"): Uptake(accepted=2, outdated=1),
        (2, "email"): Uptake(accepted=1, valid=1),
    }


@pytest.mark.rule("W21")
def test_of_two_administrators_publishing_at_once_the_second_reads_that_a_version_appeared(shop: Shop) -> None:
    publish(shop)
    shop.session.commit()
    authors = [replace(ANNA, ref=str(number), name=name) for number, name in enumerate(("Bea", "Cem", "Dan"))]

    def attempt(author: Actor) -> str:
        try:
            version = publish(shop, channels=["email", "sms"], by=author, after=1)
            shop.session.commit()
        except Refused as refusal:
            shop.session.rollback()
            return f"{refusal.status} {refusal}"
        return f"{version.number} {version.published_by}"

    outcomes = together(shop.app, *(partial(attempt, author) for author in authors))

    published = shop.session.scalars(select(ConsentVersion).order_by(ConsentVersion.number)).all()
    assert [version.number for version in published] == [1, 2]
    first = published[1].published_by
    told = f"409 Version 2 appeared meanwhile, published by {first}. Look at it before you publish yours."
    assert sorted(outcomes) == [f"2 {first}", told, told]


@pytest.mark.rule("W21")
def test_a_double_post_publishes_once(shop: Shop) -> None:
    wanted: dict[str, Any] = {"channels": ["sms"], "end_removed": True, "after": 1}
    publish(shop)
    ada = someone(shop)
    ada.give()
    shop.session.commit()

    def attempt() -> int:
        number = publish(shop, **wanted).number
        shop.session.commit()
        return number

    assert together(shop.app, attempt, attempt) == [2, 2]
    assert attempt() == 2

    assert [version.number for version in versions.all_versions(shop.session)] == [2, 1]
    assert ada.history() == ["granted", "ended"]
    assert len(shop.session.scalars(select(Audit).where(Audit.action == "consents.published")).all()) == 2


@pytest.mark.parametrize("values", [{"after": 0}, {"after": 7}, {"after": -1}, {"after": 0, "channels": ["sms"]}])
def test_whoever_started_from_another_version_is_told(shop: Shop, values: dict[str, Any]) -> None:
    publish(shop)

    with pytest.raises(Refused, match="Version 1 appeared meanwhile") as refused:
        publish(shop, by=replace(ANNA, name="Bea"), **values)

    assert refused.value.status == 409
    assert [version.number for version in versions.all_versions(shop.session)] == [1]


def test_wordings_name_every_channel_in_every_language() -> None:
    def complete(wording: Wording) -> bool:
        return all(wording.labels[channel].strip() for channel in ("email", "sms", "whatsapp", "phone"))

    assert all(complete(wording) for wording in WORDINGS)
