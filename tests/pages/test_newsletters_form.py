"""The form of a newsletter in the browser: what was typed is never lost, and nobody overwrites anybody (W41, W51)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from tests.shops import Shop, make_shop
from tests.support.together import together
from webshop_segments.newsletter.models import Newsletter

LIST = "/marketing/newsletters"
TYPED = {"name": "Spring", "subject": "Hello", "language": "", "body": "Dear {{ first_name }},\r\nlook."}


def field(page: str, name: str) -> str:
    """What stands in a field of the form."""
    area = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL)
    line = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page)
    found = area or line
    assert found is not None, name
    return unescape(found[1])


def stored(shop: Shop) -> Newsletter:
    shop.session.rollback()
    return shop.session.scalars(select(Newsletter)).one()


@pytest.mark.rule("W41")
def test_the_email_form_holds_what_the_original_does_and_saves_it(shop: Shop, client: FlaskClient) -> None:
    page = client.get(f"{LIST}/add/email").text
    for label in ("Name", "Subject", "Preview line", "Subscription language", "Reply to", "Text"):
        assert f">{label}</label>" in page
    assert "Do not attach the unsubscribe note" in page

    data = TYPED | {"preheader": "Soon", "language": "de", "reply_to": "a@shop.example", "without_note": "y"}
    assert client.post(f"{LIST}/add/email", data=data).status_code == 303
    row = stored(shop)
    assert (row.channel, row.body, row.language) == ("email", "Dear {{ first_name }},\nlook.", "de")
    assert (row.preheader, row.reply_to, row.with_note) == ("Soon", "a@shop.example", False)

    page = client.get(f"{LIST}/{row.id}/edit").text
    assert (
        "checked"
        in page.partition('name="without_note"')[0].rpartition("<input")[2]
        + page.partition('name="without_note"')[2].partition(">")[0]
    )
    client.post(f"{LIST}/{row.id}/edit", data=TYPED | {"edition": "1"})
    assert (stored(shop).with_note, stored(shop).language, stored(shop).edition) == (True, None, 2)


@pytest.mark.rule("W41")
def test_the_sms_form_counts_the_text_before_any_script_runs(shop: Shop, client: FlaskClient) -> None:
    data = {"name": "Open", "body": "x" * 50 + "ç", "sender": "Freewheel"}
    assert client.post(f"{LIST}/add/sms", data=data).status_code == 303
    row = stored(shop)
    assert (row.sender, row.with_note) == ("Freewheel", True)
    page = client.get(f"{LIST}/{row.id}/edit").text
    counts = dict(re.findall(r'data-count="(\w+)">([^<]*)<', page))
    assert (counts["encoding"], counts["parts"], counts["foreign"]) == ("UCS-2", "3", "ç")
    assert int(counts["characters"]) > 100


@pytest.mark.rule("W41")
def test_the_shops_own_facts_are_listed_beside_the_text_with_examples(shop: Shop, client: FlaskClient) -> None:
    page = client.get(f"{LIST}/add/email").text
    offered = dict(re.findall(r'<li><code>{{ ([\w.]+) }}</code> <span class="wss-faint">([^<]*)</span>', page))
    assert {"first_name", "birthday", "partner.city"} <= offered.keys()
    assert (offered["first_name"], offered["partner.name"]) == ("Anna", "Muster GmbH")
    assert offered["partner.created_at"].startswith("2026-")
    assert "email_verified" not in offered


@pytest.mark.rule("W51")
def test_the_second_of_two_sees_both_texts_and_chooses(shop: Shop, client: FlaskClient) -> None:
    row = shop.newsletter(body="The first text.")
    shop.session.commit()
    edit = f"{LIST}/{row.id}/edit"
    opened = {"edition": field(client.get(edit).text, "edition")}
    client.post(edit, data=TYPED | opened | {"body": "Bert's text.", "language": "de"})

    answer = client.post(edit, data=TYPED | opened | {"body": "Anna's text."})
    assert answer.status_code == 409
    assert "choose which one stays" in answer.text
    assert "Saved by Anna on" in answer.text
    assert "<mark>Bert&#39;s text.</mark>" in answer.text
    assert "Deutsch" in answer.text
    assert field(answer.text, "body") == "Anna's text."
    assert stored(shop).body == "Bert's text."

    chosen = {"edition": field(answer.text, "edition")}
    assert client.post(edit, data=TYPED | chosen | {"body": "Anna's text."}).status_code == 303
    assert (stored(shop).body, stored(shop).language) == ("Anna's text.", None)


@pytest.mark.rule("W51")
def test_of_two_who_save_at_the_same_moment_one_is_asked(shop: Shop) -> None:
    row = shop.newsletter()
    shop.session.commit()
    edit = f"{LIST}/{row.id}/edit"

    def save(body: str) -> Callable[[], tuple[int, str]]:
        return lambda: (
            shop.app.test_client().post(edit, data=TYPED | {"body": body, "edition": "1"}).status_code,
            body,
        )

    answers = dict(together(shop.app, save("Anna's text."), save("Bert's text.")))
    assert sorted(answers) == [303, 409]
    assert (stored(shop).body, stored(shop).edition) == (answers[303], 2)


@pytest.mark.rule("W51")
def test_a_text_for_a_newsletter_deleted_meanwhile_can_be_saved_as_a_new_one(shop: Shop, client: FlaskClient) -> None:
    row = shop.newsletter("sms", subject="")
    shop.session.execute(delete(Newsletter))
    shop.session.commit()
    answer = client.post(f"{LIST}/{row.id}/edit", data=TYPED | {"channel": "sms"})
    assert answer.status_code == 404
    assert "Somebody has deleted this newsletter meanwhile." in answer.text
    assert f'action="{LIST}/add/sms"' in answer.text
    assert field(answer.text, "body") == "Dear {{ first_name }},\r\nlook."
    assert client.get(f"{LIST}/{row.id}/edit").status_code == 404


@pytest.fixture
def guarded(database_url: str, host_schema: str | None) -> Iterator[Shop]:
    """A shop that protects its forms against forgery."""
    made = make_shop(database_url, schema=host_schema, csrf=True)
    with made.app.app_context():
        yield made
        made.db.session.remove()
        made.plugin.engine.dispose()


@pytest.mark.rule("W51")
@pytest.mark.parametrize("own_protection", [True, False])
@pytest.mark.parametrize("path", ["1/edit", "add/email"])
def test_a_form_survives_an_expired_token_with_its_text(guarded: Shop, own_protection: bool, path: str) -> None:
    guarded.app.config["WTF_CSRF_CHECK_DEFAULT"] = own_protection
    client = guarded.app.test_client()
    assert guarded.newsletter().id == 1
    guarded.session.commit()
    typed = TYPED | {"name": "Summer", "edition": "1", "csrf_token": "expired"}
    answer = client.post(f"{LIST}/{path}", data=typed)
    assert answer.status_code == 422
    assert "What you typed is still here" in answer.text
    assert (field(answer.text, "body"), field(answer.text, "name")) == (typed["body"], "Summer")
    fresh = {"csrf_token": field(answer.text, "csrf_token")}
    assert client.post(f"{LIST}/{path}", data=typed | fresh).status_code == 303


@pytest.mark.rule("W41")
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "Enter a name first."),
        ({"name": "x" * 121}, "Field cannot be longer than 120 characters."),
        ({"name": "Spring\u202egnirpS"}, "turns the direction"),
        ({"subject": "Hello\x07"}, "Control characters"),
        ({"subject": "y" * 256}, "longer than 255"),
        ({"language": "xx"}, "Not a valid choice"),
        ({"reply_to": "nobody"}, "is no e-mail address"),
        ({"body": ""}, "The text is empty."),
        ({"body": "{{ first_nam }}"}, "is no variable"),
        ({"body": "\x00"}, "invisible control characters"),
        ({"body": "x" * 200_001}, "longer than 200000"),
    ],
)
def test_bad_input_is_a_sentence_and_keeps_what_was_typed(
    shop: Shop, client: FlaskClient, wrong: dict[str, str], sentence: str
) -> None:
    answer = client.post(f"{LIST}/add/email", data=TYPED | wrong)
    assert answer.status_code == 422
    assert sentence in unescape(answer.text)
    assert 'data-unsaved="now"' in answer.text
    shop.session.rollback()
    assert shop.session.scalar(select(func.count()).select_from(Newsletter)) == 0


@pytest.mark.parametrize("edition", ["", "x", "-1", "9" * 30, "²"])
def test_an_edition_that_never_was_is_taken_for_a_stale_page(shop: Shop, client: FlaskClient, edition: str) -> None:
    row = shop.newsletter()
    shop.session.commit()
    assert client.post(f"{LIST}/{row.id}/edit", data=TYPED | {"edition": edition}).status_code == 409
    assert stored(shop).name == row.name


def test_a_form_posted_twice_is_one_newsletter(shop: Shop, client: FlaskClient) -> None:
    for _press in range(2):
        assert client.post(f"{LIST}/add/email", data=TYPED).status_code == 303
    assert stored(shop).name == "Spring"


@pytest.mark.rule("W48")
def test_the_form_says_whom_a_language_leaves_out(client: FlaskClient) -> None:
    page = client.get(f"{LIST}/add/email").text
    assert "It goes to people of this language and to those of whom none is known." in page
    assert '<option value="de">Deutsch</option>' in page
