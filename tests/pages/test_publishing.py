"""Publishing goes in two steps: a form, then what it would mean in numbers and pictures, then the version (W25)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.consent.deeds import someone
from tests.pages.test_consents import CONFIRM, LIST, REVIEW, filled_in, hidden, numbers, words
from tests.shops import Shop, Statements
from webshop_segments.consent import state, versions
from webshop_segments.consent.models import ConsentRecord

NEWS = {"texts-0-statement": "News from our shop:"}


def people(shop: Shop, count: int, *channels: str) -> None:
    """Somebody new has agreed to each of these channels, so often."""
    for _turn in range(count):
        number = shop.session.query(ConsentRecord).count()
        person = someone(shop, f"{'-'.join(channels)}-{number}@example.com")
        for channel in channels:
            person.give(channel)
    shop.session.commit()


@pytest.mark.rule("W25")
def test_before_publishing_it_is_said_who_keeps_what_and_who_has_nothing_yet(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email")
    people(shop, 3, "email")

    shown = words(client.post(REVIEW, data=filled_in("email", "sms", after=1)).text)

    assert "E-mail 3 3 people keep E-mail." in shown
    assert "SMS 0 Nobody has SMS yet." in shown
    assert "Consents given for a removed channel" not in shown
    assert numbers(shop) == [1]


@pytest.mark.rule("W25")
def test_before_a_material_change_it_is_said_how_many_are_asked_again(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email", "sms")
    people(shop, 2, "email")
    people(shop, 1, "email", "sms")
    someone(shop, "waiting@example.com").request()
    shop.session.commit()

    form = filled_in("email", "sms", after=1, change="material", **NEWS)
    shown = words(client.post(REVIEW, data=form).text)

    assert "E-mail 3 3 people will be asked again" in shown
    assert "1 has not confirmed yet." in shown
    assert "SMS 1 1 person will be asked again" in shown


@pytest.mark.rule("W25")
@pytest.mark.parametrize(("answer", "status", "said"), [("keep", "granted", 2), ("end", "ended", 0)])
def test_removing_a_channel_asks_whether_its_consents_stay_or_end(
    shop: Shop, client: FlaskClient, answer: str, status: str, said: int
) -> None:
    shop.publish("email", "sms")
    people(shop, 2, "email", "sms")
    review = client.post(REVIEW, data=filled_in("sms", after=1))
    assert "E-mail 2 No longer asked for. 2 people hold it" in words(review.text)
    assert not re.search(r'checked[^>]*name="removed"|name="removed"[^>]*checked', review.text)

    unsaid = client.post(CONFIRM, data=hidden(review.text))
    assert unsaid.status_code == 422
    assert "Say what becomes of the consents" in unsaid.text
    assert numbers(shop) == [1]

    assert client.post(CONFIRM, data=hidden(unsaid.text) | {"removed": answer}).status_code == 303

    assert numbers(shop) == [2, 1]
    assert state.totals(shop.session) == {("email", status): 2, ("sms", "granted"): 2}
    shown = words(client.get(LIST).text)
    assert f"E-mail 2 , {said} still hold it" in shown


@pytest.mark.rule("W25")
def test_a_removed_channel_that_nobody_holds_asks_nothing(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email", "sms")
    people(shop, 1, "email")

    review = client.post(REVIEW, data=filled_in("email", after=1))

    assert "No longer asked for. Nobody holds it." in words(review.text)
    assert 'name="removed"' not in review.text
    assert client.post(CONFIRM, data=hidden(review.text)).status_code == 303
    assert state.totals(shop.session) == {("email", "granted"): 1}


@pytest.mark.rule("W25")
def test_a_channel_removed_with_a_material_change_ends_for_nobody_could_renew_it(
    shop: Shop, client: FlaskClient
) -> None:
    shop.publish("email", "sms")
    people(shop, 1, "email", "sms")
    review = client.post(REVIEW, data=filled_in("sms", after=1, change="material", **NEWS))
    assert "The consent of 1 person ends" in words(review.text)
    assert 'name="removed"' not in review.text

    client.post(CONFIRM, data=hidden(review.text))

    assert numbers(shop) == [2, 1]
    assert state.totals(shop.session) == {("email", "ended"): 1, ("sms", "needs_renewal"): 1}


@pytest.mark.rule("W25")
@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (filled_in("email", after=1), "Nothing differs from version 1 yet."),
        (filled_in("email", "sms", after=1, change="material"), "consents given before stay valid"),
    ],
)
def test_what_says_nothing_new_is_not_published_and_new_channels_alone_ask_nobody_again(
    shop: Shop, client: FlaskClient, form: dict[str, Any], sentence: str
) -> None:
    shop.publish("email")
    shop.session.commit()

    answer = client.post(REVIEW, data=form)

    assert answer.status_code == 422
    assert sentence in answer.text


@pytest.mark.rule("W21")
def test_a_double_post_publishes_once_and_says_the_same_twice(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email", "sms")
    people(shop, 1, "email")
    form = hidden(client.post(REVIEW, data=filled_in("sms", after=1)).text) | {"removed": "end"}

    answers = [client.post(CONFIRM, data=form) for _turn in range(2)]

    assert [(answer.status_code, answer.location) for answer in answers] == [(303, LIST)] * 2
    assert numbers(shop) == [2, 1]
    assert state.totals(shop.session) == {("email", "ended"): 1}


@pytest.mark.rule("W21")
@pytest.mark.parametrize("url", [REVIEW, CONFIRM])
def test_whoever_was_overtaken_reads_of_it_keeps_the_text_and_goes_on_from_there(
    shop: Shop, client: FlaskClient, url: str
) -> None:
    shop.publish("email")
    form = filled_in("email", "phone", after=1, **NEWS)
    shop.publish("email", "sms")
    shop.session.commit()

    answer = client.post(url, data=form)

    assert answer.status_code == 409
    assert "Version 2 appeared meanwhile, published by Anna." in answer.text
    assert "News from our shop:" in answer.text
    assert numbers(shop) == [2, 1]
    review = client.post(REVIEW, data=form | {"after": hidden(answer.text)["after"], "removed": "keep"})
    assert "Channel removed: SMS" in words(review.text)
    assert client.post(CONFIRM, data=hidden(review.text) | {"removed": "keep"}).status_code == 303
    assert numbers(shop) == [3, 2, 1]


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 40, "٣"])
def test_a_form_that_started_from_nowhere_is_a_sentence(shop: Shop, client: FlaskClient, after: str) -> None:
    shop.publish("email")
    shop.session.commit()

    for url in (REVIEW, CONFIRM):
        answer = client.post(url, data=filled_in("email", "sms") | {"after": after})

        assert answer.status_code == 409
        assert "Version 1 appeared meanwhile" in answer.text
    assert numbers(shop) == [1]


def test_one_can_go_back_to_the_form_and_finds_what_was_typed(shop: Shop, client: FlaskClient) -> None:
    review = client.post(REVIEW, data=filled_in("email", "sms", **NEWS))

    form = client.post(REVIEW, data=hidden(review.text) | {"edit": "1"})

    assert form.status_code == 200
    assert "News from our shop:" in form.text
    assert 'name="texts-0-statement"' in form.text
    assert numbers(shop) == []


@pytest.mark.parametrize("flag", ["consents.view", "segments.manage"])
def test_publishing_needs_its_own_permission(shop: Shop, client: FlaskClient, flag: str) -> None:
    shop.staff.flags = {flag}

    for url in (REVIEW, CONFIRM):
        assert client.post(url, data=filled_in("email")).status_code == 403
    assert client.get(REVIEW).status_code == 403


@pytest.mark.rule("W20")
@pytest.mark.rule("W22")
@pytest.mark.rule("W23")
def test_the_boxes_are_shown_as_at_every_place_in_every_language(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email")
    shop.session.commit()

    pages = [
        client.post(REVIEW, data=filled_in("email", "sms", after=1)).text,
        client.get(f"{LIST}/1").text,
    ]

    for language in ("en", "de"):
        boxes = [re.findall(rf'aria-describedby="wss-{language}-{place}-statement', pages[0]) for place in range(5)]
        assert [len(found) for found in boxes] == [2, 2, 1, 2, 2]
    assert "Ich möchte kommerzielle Informationen" in pages[0]
    assert "News und Angebote (freiwillig)" in pages[0]
    assert "In the profile of who agreed to version 1" in pages[0]
    assert "You agreed to this. Take the tick away to withdraw." in pages[0]
    for page in pages:
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids))
    ticked = re.findall(r'<input type="checkbox" name="consent_\w+"[^>]* checked[^>]*id="?', pages[0])
    assert not ticked


@pytest.mark.rule("W25")
def test_after_a_material_change_the_preview_asks_in_the_profile_again(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email")
    shop.session.commit()

    page = client.post(REVIEW, data=filled_in("email", after=1, change="material", **NEWS)).text

    assert "The text has changed since you agreed." in page


def test_the_numbers_take_no_more_statements_for_more_people(shop: Shop, client: FlaskClient) -> None:
    def statements() -> int:
        with Statements(shop.plugin.engine) as asked:
            assert client.post(REVIEW, data=filled_in("email", "sms", after=1)).status_code == 200
        return len(asked.texts)

    shop.publish("email")
    people(shop, 1, "email")
    few = statements()
    people(shop, 10, "email")

    assert statements() == few
    assert versions.uptake(shop.session)[1, "email"].accepted == 11
