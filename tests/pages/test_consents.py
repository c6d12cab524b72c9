"""Settings → Content → Consents in the browser: versions listed, read and published."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.shops import Shop, Statements
from webshop_segments.consent import versions
from webshop_segments.consent.default_text import default_wordings

LIST = "/marketing/consents"


def filled_in(*channels: str, **values: Any) -> dict[str, Any]:
    """The publishing form as a browser posts it."""
    data: dict[str, Any] = {"channels": list(channels), "controller": "Test shop", "change": "editorial"}
    data["removed"] = "keep"
    for number, wording in enumerate(default_wordings("Test shop", "https://shop.example/privacy")):
        for name in ("language", "statement", "withdrawal", "privacy_url"):
            data[f"texts-{number}-{name}"] = getattr(wording, name)
        for channel, label in wording.labels.items():
            data[f"texts-{number}-label_{channel}"] = label
    return data | values


def numbers(shop: Shop) -> list[int]:
    shop.session.rollback()
    return [version.number for version in versions.all_versions(shop.session)]


@pytest.mark.rule("W20")
def test_the_first_version_starts_with_a_proposal_and_the_e_mail_channel(shop: Shop, client: FlaskClient) -> None:
    form = client.get(f"{LIST}/publish")
    assert form.status_code == 200
    assert "I want to receive commercial information" in form.text

    answer = client.post(f"{LIST}/publish", data=filled_in("email"))

    assert (answer.status_code, answer.location) == (303, LIST)
    assert "Version 1 is published." in client.get(LIST).text
    version = versions.current(shop.session)
    assert version is not None
    assert (version.channels, version.published_by) == (["email"], "Anna")


@pytest.mark.rule("W21")
def test_adding_a_channel_makes_a_second_version_and_the_first_can_still_be_read(
    shop: Shop, client: FlaskClient
) -> None:
    shop.publish("email")
    for number in range(3):
        shop.agreed(f"p{number}@example.com")
    shop.session.commit()

    statement = {"texts-0-statement": "News from our shop:"}
    assert client.post(f"{LIST}/publish", data=filled_in("email", "sms", **statement)).status_code == 303

    assert numbers(shop) == [2, 1]
    assert "News from our shop:" in client.get(f"{LIST}/2").text
    old = client.get(f"{LIST}/1").text
    assert "I want to receive commercial information" in old
    assert "3" in old


@pytest.mark.rule("W25")
def test_taking_a_channel_out_ends_its_consents_where_that_was_chosen(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email", "sms")
    shop.agreed("ada@example.com")
    shop.session.commit()
    assert "1" in client.get(f"{LIST}/publish").text

    client.post(f"{LIST}/publish", data=filled_in("sms", removed="end"))

    assert numbers(shop) == [2, 1]
    assert versions.held(shop.session) == {}


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
    ],
)
def test_an_incomplete_version_is_shown_again_with_the_reason(
    shop: Shop, client: FlaskClient, values: dict[str, Any], sentence: str
) -> None:
    data = filled_in("email", **{"texts-0-withdrawal": "Write to us."}) | values

    answer = client.post(f"{LIST}/publish", data=data)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Write to us." in answer.text
    assert numbers(shop) == []


def test_a_kind_of_change_nobody_offered_is_refused(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    shop.session.commit()

    answer = client.post(f"{LIST}/publish", data=filled_in("email", change="cosmetic"))

    assert answer.status_code == 422
    assert "Not a valid choice" in answer.text
    assert numbers(shop) == [1]


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
