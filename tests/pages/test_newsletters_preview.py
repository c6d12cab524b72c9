"""A newsletter as a chosen person would read it, while it is written and before it leaves (W41, W45, W53)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.shops import Shop
from webshop_segments.newsletter.models import Newsletter
from webshop_segments.notices.models import Notice

LIST = "/marketing/newsletters"
TYPED = {"name": "Spring", "subject": "Hello {{ first_name }}", "body": "Dear {{ first_name }} of {{ company }}."}


@pytest.fixture
def ada(shop: Shop) -> Any:
    row = shop.customer("ada@example.com", shop.company("Bikes Ltd"), first_name="Augusta", phone="+4915123456789")
    shop.session.commit()
    return row


def frame(client: FlaskClient, channel: str = "email", **data: str) -> str:
    answer = client.post(f"{LIST}/preview/{channel}", data=TYPED | data)
    assert answer.status_code == 200
    return unescape(answer.text)


@pytest.mark.rule("W41")
def test_what_is_being_typed_is_shown_with_a_chosen_persons_data_and_saved_nowhere(
    shop: Shop, client: FlaskClient, ada: Any
) -> None:
    shown = frame(client, person=f"contact:{ada.id}", preheader="Soon", reply_to="a@shop.example")
    for words in ("Hello Augusta", "Dear Augusta of Bikes Ltd.", "Soon", "a@shop.example", "Augusta Young"):
        assert words in shown
    assert "Dear Anna of Muster GmbH." in frame(client)
    assert shop.session.scalar(select(func.count()).select_from(Newsletter)) == 0


@pytest.mark.rule("W41")
def test_nothing_in_the_frame_can_run(client: FlaskClient) -> None:
    answer = client.post(f"{LIST}/preview/email", data=TYPED | {"body": "<script>alert(1)</script><p>Hi</p>"})
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert '<iframe class="wss-frame" sandbox ' in answer.text
    assert "alert(1)" not in answer.text


@pytest.mark.rule("W41")
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"body": "{% if %}"}, "Line 1 cannot be read"),
        ({"body": "{{ first_nam }}"}, "“first_nam” is no variable"),
        ({"subject": "Re: you"}, "treated as spam"),
        ({"name": "x" * 121}, "longer than 120"),
        ({"body": "{% for i in (1..100000000) %}x{% endfor %}"}, "without end"),
    ],
)
def test_a_text_that_could_not_be_sent_says_why_in_its_place(
    client: FlaskClient, typed: dict[str, str], sentence: str
) -> None:
    assert sentence in frame(client, **typed)


@pytest.mark.rule("W41")
def test_an_sms_is_counted_with_the_persons_own_values(shop: Shop, client: FlaskClient, ada: Any) -> None:
    ada.first_name = "Augusta" * 11
    shop.session.commit()
    few, many = (frame(client, "sms", person=person) for person in ("", f"contact:{ada.id}"))
    assert 'data-count="parts">1<' in few
    assert 'data-count="parts">2<' in many


@pytest.mark.rule("W45")
def test_a_person_is_found_by_name_and_chosen_without_losing_the_text(
    shop: Shop, client: FlaskClient, ada: Any
) -> None:
    answer = client.post(f"{LIST}/add/email", data=TYPED | {"who": "augusta", "find": "1"})
    assert answer.status_code == 200
    assert f'value="contact:{ada.id}"' in answer.text
    assert "Dear {{ first_name }} of {{ company }}." in answer.text
    assert 'data-unsaved="now"' in answer.text
    assert shop.session.scalar(select(func.count()).select_from(Newsletter)) == 0
    fragment = client.get(f"{LIST}/readers?who=bikes").text
    assert f'value="contact:{ada.id}"' in fragment
    assert "<html" not in fragment
    assert "Nobody matches “nobody”" in client.get(f"{LIST}/readers?who=nobody").text
    kept = client.get(f"{LIST}/readers?who=nobody&person=contact:{ada.id}").text
    assert re.search(rf'value="contact:{ada.id}" checked', kept)


@pytest.mark.rule("W45")
def test_a_trial_takes_the_data_of_the_person_the_page_shows(shop: Shop, client: FlaskClient, ada: Any) -> None:
    row = shop.newsletter()
    shop.session.commit()
    assert f"person=contact:{ada.id}" in client.get(f"{LIST}/{row.id}?q=augusta").text.replace("%3A", ":")
    page = client.get(f"{LIST}/{row.id}?person=contact:{ada.id}").text
    assert "Hello Augusta" in page
    assert 'value="shop@shop.example"' in page
    data = {"to": "boss@shop.example", "person": f"contact:{ada.id}"}
    answer = client.post(f"{LIST}/{row.id}/trial", data=data, follow_redirects=True)
    assert "A trial is on its way to boss@shop.example." in answer.text
    assert "Hello Augusta" in answer.text
    notice = shop.session.scalars(select(Notice)).one()
    assert (notice.address, notice.subject) == ("boss@shop.example", "[Trial] Hello Augusta")


@pytest.mark.rule("W45")
def test_a_trial_to_no_address_is_a_sentence_at_the_field(shop: Shop, client: FlaskClient) -> None:
    row = shop.newsletter()
    shop.session.commit()
    for to in ("nowhere", "a@b@c", "x" * 255, "a\x00@example.com"):
        answer = client.post(f"{LIST}/{row.id}/trial", data={"to": to})
        assert answer.status_code == 422
        assert 'id="to-error"' in answer.text
    assert shop.session.scalar(select(func.count()).select_from(Notice)) == 0


@pytest.mark.rule("W53")
def test_whoever_may_not_see_personal_data_gets_made_up_ones(shop: Shop, client: FlaskClient, ada: Any) -> None:
    row = shop.newsletter(body=TYPED["body"])
    shop.session.commit()
    shop.staff.flags.discard("personal_data.view")
    person = f"contact:{ada.id}"
    pages = [
        frame(client, person=person),
        client.get(f"{LIST}/{row.id}?person={person}&q=augusta").text,
        client.get(f"{LIST}/{row.id}/preview?person={person}").text,
        client.get(f"{LIST}/readers?who=augusta&person={person}").text,
        client.post(f"{LIST}/add/email", data=TYPED | {"who": "augusta", "find": "1", "person": person}).text,
    ]
    assert not [page for page in pages if "Augusta" in page or "Young" in page]
    client.post(f"{LIST}/{row.id}/trial", data={"to": "boss@shop.example", "person": person})
    assert shop.session.scalars(select(Notice.subject)).one() == "[Trial] Hello Anna"


@pytest.mark.parametrize(
    "person", ["contact:4711", "contact:x", "partner:1", ":", "contact:" + "9" * 40, "\u202e", "contact:\0"]
)
def test_a_person_who_is_not_there_is_the_made_up_one(shop: Shop, client: FlaskClient, person: str) -> None:
    assert "Hello Anna" in frame(client, person=person)
    searched = client.post(f"{LIST}/add/email", data=TYPED | {"who": person, "find": "1", "person": person})
    assert searched.status_code == 200
    assert TYPED["body"] in searched.text


@pytest.mark.rule("W12")
def test_the_preview_is_for_those_who_write(shop: Shop, client: FlaskClient) -> None:
    shop.staff.flags = {"newsletters.view", "personal_data.view"}
    assert client.post(f"{LIST}/preview/email", data=TYPED).status_code == 403
    assert client.get(f"{LIST}/readers?who=a").status_code == 403
