"""Settings → Content → Consents in the browser: versions listed, read and published."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.consent.deeds import someone
from tests.shops import Shop, Statements
from webshop_segments.consent import versions
from webshop_segments.consent.default_text import default_wordings

LIST = "/marketing/consents"
REVIEW = f"{LIST}/publish"
CONFIRM = f"{REVIEW}/confirm"


def filled_in(*channels: str, after: int = 0, **values: Any) -> dict[str, Any]:
    """The publishing form as a browser posts it; ``after`` is the version it started from."""
    data: dict[str, Any] = {"channels": list(channels), "controller": "Test shop", "change": "editorial"}
    data["after"] = str(after)
    for number, wording in enumerate(default_wordings("Test shop", "https://shop.example/privacy")):
        for name in ("language", "statement", "withdrawal", "privacy_url"):
            data[f"texts-{number}-{name}"] = getattr(wording, name)
        for channel, label in wording.labels.items():
            data[f"texts-{number}-label_{channel}"] = label
    return data | values


def hidden(html: str) -> dict[str, Any]:
    """What the button of a page posts besides itself."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html):
        found.setdefault(unescape(name), []).append(unescape(value))
    found["after"] = re.findall(r'name="after" type="hidden" value="([^"]*)"', html)
    return found


def words(html: str) -> str:
    """What a reader sees."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def numbers(shop: Shop) -> list[int]:
    shop.session.rollback()
    return [version.number for version in versions.all_versions(shop.session)]


@pytest.mark.rule("W20")
def test_the_first_version_starts_with_a_proposal_and_the_e_mail_channel(shop: Shop, client: FlaskClient) -> None:
    form = client.get(REVIEW)
    assert form.status_code == 200
    assert "I want to receive commercial information" in form.text
    assert re.findall(r'<input checked[^>]* name="channels"[^>]* value="([^"]*)"', form.text) == ["email"]

    review = client.post(REVIEW, data=filled_in("email"))
    assert review.status_code == 200
    assert "nobody has been asked before" in review.text
    assert numbers(shop) == []

    answer = client.post(CONFIRM, data=hidden(review.text))

    assert (answer.status_code, answer.location) == (303, LIST)
    assert "Version 1 is published." in client.get(LIST).text
    version = versions.current(shop.session)
    assert version is not None
    assert (version.channels, version.published_by) == (["email"], "Anna")
    assert [text.language for text in version.texts] == ["de", "en"]


@pytest.mark.rule("W20")
@pytest.mark.rule("W21")
def test_sms_phone_and_whatsapp_are_added_each_as_a_channel_of_its_own(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email")
    shop.session.commit()

    review = client.post(REVIEW, data=filled_in("email", "sms", "whatsapp", "phone", after=1))
    assert client.post(CONFIRM, data=hidden(review.text)).status_code == 303

    shop.session.rollback()
    version = versions.current(shop.session)
    assert version is not None
    assert version.channels_added == ["sms", "whatsapp", "phone"]
    assert "editorial, SMS added, WhatsApp added, Phone added" in client.get(LIST).text


@pytest.mark.rule("W21")
def test_the_list_says_who_published_what_and_how_many_accepted_and_hold_it(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email")
    people = [someone(shop, f"p{number}@example.com") for number in range(3)]
    for person in people:
        person.give()
    shop.publish("email", "sms")
    people[0].give("sms")
    people[1].withdraw()
    shop.session.commit()

    shown = words(client.get(LIST).text)

    assert "Version 2 shown now" in shown
    assert "Anna E-mail, SMS editorial, SMS added SMS 1 , 1 still holds it" in shown
    assert "Anna E-mail first version E-mail 3 , 2 still hold it" in shown


@pytest.mark.rule("W21")
def test_a_version_shows_its_exact_texts_with_hashes_and_what_differs_from_the_one_before(
    shop: Shop, client: FlaskClient
) -> None:
    shop.publish("email")
    shop.session.commit()
    statement = "I want to receive news and offers from Test shop: <b>now</b>"
    review = client.post(REVIEW, data=filled_in("email", "sms", after=1, **{"texts-0-statement": statement}))
    client.post(CONFIRM, data=hidden(review.text))
    shop.session.rollback()

    shown = client.get(f"{LIST}/2").text

    version = versions.numbered(shop.session, 2)
    assert version is not None
    assert all(text.sha256 in shown for text in version.texts)
    assert escape(statement) in shown
    assert "Ich möchte kommerzielle Informationen" in shown
    assert "What differs from version 1" in shown
    assert "Channel added: SMS" in words(shown)
    assert "<del>commercial information (news</del><ins>news</ins>" in shown
    old = client.get(f"{LIST}/1").text
    assert "I want to receive commercial information" in old
    assert "What differs from" not in old


@pytest.mark.rule("W21")
@pytest.mark.parametrize("url", [f"{LIST}/1", f"{LIST}/1/edit", f"{LIST}/1/delete"])
def test_there_is_no_way_to_edit_or_delete_a_published_version(shop: Shop, client: FlaskClient, url: str) -> None:
    shop.publish("email")
    shop.session.commit()

    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.open(url, method=method, data=filled_in("sms", after=1)).status_code in (404, 405)

    assert numbers(shop) == [1]


@pytest.mark.rule("C08")
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"channels": []}, "at least one channel"),
        ({"channels": ["pigeon"]}, "pigeon"),
        ({"controller": ""}, "required"),
        ({"controller": "   "}, "required"),
        ({"texts-1-statement": "  "}, "needs the statement"),
        ({"texts-0-privacy_url": ""}, "privacy notice"),
        ({"texts-0-label_email": ""}, "must name every channel"),
        ({"texts-0-statement": "x" * 4001}, "4000"),
        ({"texts-1-label_email": "x" * 121}, "120"),
        ({"controller": "Shop\u202e"}, "invisible control characters"),
        ({"texts-0-statement": "News\x00"}, "“en” contains invisible control characters"),
        ({"texts-1-withdrawal": "\u2067Bitte"}, "“de” contains invisible control characters"),
        ({"texts-0-privacy_url": "javascript:alert(1)"}, "a complete address"),
    ],
)
def test_an_incomplete_version_is_shown_again_with_the_reason(
    shop: Shop, client: FlaskClient, values: dict[str, Any], sentence: str
) -> None:
    data = filled_in("email", **{"texts-0-withdrawal": "Write to us."}) | values

    for url in (REVIEW, CONFIRM):
        answer = client.post(url, data=data)

        assert answer.status_code == 422
        assert sentence in unescape(answer.text)
        assert "Write to us." in answer.text
        assert numbers(shop) == []


def test_a_kind_of_change_nobody_offered_is_refused(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    shop.session.commit()

    for url in (REVIEW, CONFIRM):
        answer = client.post(url, data=filled_in("email", "sms", after=1, change="cosmetic"))

        assert answer.status_code == 422
        assert "Not a valid choice" in answer.text
    assert numbers(shop) == [1]


def test_emoji_and_line_ends_are_published_as_they_were_typed(shop: Shop, client: FlaskClient) -> None:
    statement = "News 👩\u200d🔧 from us:\r\nweekly"
    review = client.post(REVIEW, data=filled_in("email", **{"texts-0-statement": statement}))
    client.post(CONFIRM, data=hidden(review.text))

    shop.session.rollback()
    version = versions.current(shop.session)
    assert version is not None
    assert versions.text_in(version, "en", "en").statement == statement.replace("\r\n", "\n")


@pytest.mark.parametrize("number", ["4711", "9" * 30])
def test_a_version_that_does_not_exist_is_a_sentence(client: FlaskClient, number: str) -> None:
    assert client.get(f"{LIST}/{number}").status_code == 404


def test_the_list_asks_the_database_no_more_often_for_more_versions(shop: Shop, client: FlaskClient) -> None:
    def statements() -> int:
        with Statements(shop.plugin.engine) as asked:
            assert client.get(LIST).status_code == 200
        return len(asked.texts)

    shop.publish()
    shop.agreed("ada@example.com")
    shop.session.commit()
    few = statements()
    for _turn in range(8):
        shop.publish()
    shop.session.commit()

    assert statements() == few
