"""People in the browser: found, each with a card of consents, withdrawn for on request, never given for."""

from __future__ import annotations

import html

import pytest
from flask.testing import FlaskClient

from tests.consent.deeds import Someone, someone
from tests.segments.lists import segment
from tests.shops import Shop, Statements
from tests.subscribers.test_list import guest
from webshop_segments.administration.models import Audit
from webshop_segments.consent.models import ConsentVersion
from webshop_segments.directory.partners import MemberKey


@pytest.fixture
def ada(shop: Shop) -> Someone:
    shop.publish("email", "sms")
    ada = someone(shop, "ada@example.com", first_name="Augusta")
    ada.give()
    shop.session.commit()
    return ada


def card(person: Someone) -> str:
    return f"/marketing/people/{person.key.kind}/{person.key.ref}"


@pytest.mark.rule("W24")
def test_a_person_is_found_and_her_card_shows_every_consent_and_its_history(
    shop: Shop, client: FlaskClient, ada: Someone
) -> None:
    ada.withdraw()
    ada.request("sms")
    shop.session.commit()

    assert card(ada) in client.get("/marketing/people?q=augusta").text

    shown = client.get(card(ada)).text
    for words in ("Augusta", "ada@example.com", "withdrawn", "waiting for confirmation", "profile", "guest order"):
        assert words in shown


@pytest.mark.rule("W24")
def test_the_card_shows_the_text_she_accepted_as_she_read_it(shop: Shop, client: FlaskClient, ada: Someone) -> None:
    version = shop.publish("email", change="material")
    shop.session.commit()
    first = next(
        text for text in ada.shop.session.get_one(ConsentVersion, version.id - 1).texts if text.language == "en"
    )

    shown = client.get(card(ada)).text

    assert "must be renewed" in shown
    assert html.escape(first.statement.split("\n")[0], quote=False)[:60] in html.unescape(shown)
    assert "Text shown" in shown


@pytest.mark.rule("W30")
def test_the_card_shows_the_segments_and_what_was_received_lately(
    shop: Shop, client: FlaskClient, ada: Someone
) -> None:
    company = shop.session.get(shop.Customer, int(ada.key.ref)).company_id
    segment(shop, "Bikers", MemberKey("partner", str(company)))
    dispatch = shop.send(shop.newsletter())
    shop.work()

    shown = client.get(card(ada)).text

    assert "Bikers" in shown
    assert f'/marketing/dispatches/{dispatch.id}"' in shown
    assert ">sent<" in shown


@pytest.mark.rule("W30")
def test_the_cards_of_one_person_lead_to_each_other(shop: Shop, client: FlaskClient, ada: Someone) -> None:
    before = guest(shop, "ada@example.com", "signup")
    before.give()
    shop.session.commit()

    assert card(before) in client.get(card(ada)).text
    assert card(ada) in client.get(card(before)).text


@pytest.mark.rule("W30")
def test_a_subscriber_of_ours_is_edited_and_deleted_and_an_account_is_not(
    shop: Shop, client: FlaskClient, ada: Someone
) -> None:
    bo = guest(shop, "bo@example.com")
    bo.give()
    shop.session.commit()

    for page in ("edit", "delete"):
        assert client.get(f"{card(bo)}/{page}").status_code == 200
        assert client.post(f"{card(ada)}/{page}", data={"first_name": "X"}).status_code == 404
    assert client.post(f"{card(bo)}/edit", data={"first_name": "Bo", "locale": "de"}).status_code == 303
    assert "Deutsch" in client.get(card(bo)).text
    assert client.post(f"{card(bo)}/edit", data={"first_name": "B\u202eo"}).status_code == 422
    assert client.post(f"{card(bo)}/edit", data={"first_name": "Bo", "locale": "pigeon"}).status_code == 422
    assert client.post(f"{card(bo)}/delete").status_code == 303
    for stale in (client.get(card(bo)), client.post(f"{card(bo)}/delete"), client.post(f"{card(bo)}/edit")):
        assert stale.status_code == 404
    assert ada.history() == ["granted"]


@pytest.mark.rule("W53")
def test_whoever_does_not_see_names_cannot_edit_them(shop: Shop, client: FlaskClient, ada: Someone) -> None:
    bo = guest(shop, "bo@example.com", first_name="Bonifatius")
    bo.give()
    shop.session.commit()
    shop.staff.flags.discard("personal_data.view")

    for page in ("", "/delete"):
        answer = client.get(card(bo) + page)
        assert answer.status_code == 200
        assert "Bonifatius" not in answer.text
        assert "bo@" not in answer.text
    assert client.get(f"{card(bo)}/edit").status_code == 403


@pytest.mark.rule("W27")
def test_an_administrator_withdraws_on_request_and_it_is_noted(shop: Shop, client: FlaskClient, ada: Someone) -> None:
    answer = client.post(f"{card(ada)}/withdraw/email")

    assert (answer.status_code, answer.location) == (303, card(ada))
    assert "was withdrawn." in client.get(card(ada)).text
    shop.session.rollback()
    assert (ada.status(), ada.history()) == ("withdrawn", ["granted", "withdrawn"])
    noted = shop.session.query(Audit).filter_by(action="consent.withdrawn").one()
    assert (noted.actor_name, noted.detail) == ("Anna", {"channel": "email"})


@pytest.mark.parametrize("channel", ["sms", "email", "pigeon"])
def test_withdrawing_what_is_not_there_is_a_sentence(
    shop: Shop, client: FlaskClient, ada: Someone, channel: str
) -> None:
    ada.withdraw()
    shop.session.commit()

    answer = client.post(f"{card(ada)}/withdraw/{channel}")

    assert answer.status_code == 409
    assert "There is no consent to withdraw any more." in answer.text
    assert ada.history() == ["granted", "withdrawn"]


@pytest.mark.rule("W27")
def test_looking_changes_nothing_and_there_is_no_way_to_give(shop: Shop, client: FlaskClient, ada: Someone) -> None:
    assert client.get(f"{card(ada)}/withdraw/email").status_code == 405
    for verb in ("give", "grant", "confirm"):
        assert client.post(f"{card(ada)}/{verb}/sms").status_code == 404
    shop.session.rollback()
    assert ada.history() == ["granted"]


@pytest.mark.parametrize(
    "path", ["contact/4711", "contact/x", "contact/" + "9" * 30, "subscriber/4711", "partner/1", "contact/%00"]
)
def test_somebody_who_is_not_in_the_shop_is_a_sentence(client: FlaskClient, path: str) -> None:
    for answer in (client.get(f"/marketing/people/{path}"), client.post(f"/marketing/people/{path}/withdraw/email")):
        assert answer.status_code == 404
        assert "class=" in answer.text


def test_a_card_asks_the_database_no_more_often_for_a_longer_history(
    shop: Shop, client: FlaskClient, ada: Someone
) -> None:
    def statements() -> int:
        with Statements(shop.plugin.engine) as asked:
            assert client.get(card(ada)).status_code == 200
        return len(asked.texts)

    few = statements()
    for _turn in range(6):
        ada.withdraw()
        ada.give()
    shop.session.commit()

    assert statements() == few
