"""The list of newsletters in the browser: tabs, columns, search, pages, as a file, and many at once (W40)."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.shops import Shop, Statements
from webshop_segments import MemoryChannel, clock
from webshop_segments.administration.models import Audit
from webshop_segments.newsletter.models import Dispatch, Newsletter

LIST = "/marketing/newsletters"


def some(shop: Shop, count: int, channel: str = "email") -> list[Newsletter]:
    """Written one after the other, the last one last."""
    rows = [shop.newsletter(channel, name=f"Letter {number:03d}") for number in range(count)]
    for number, row in enumerate(rows):
        row.modified_at = clock.now() - timedelta(minutes=count - number // 2)
    shop.session.commit()
    return rows


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="wss-name"><a href="[^"]*">([^<]*)</a>', page)


@pytest.mark.rule("W40")
def test_each_channel_has_its_tab_and_whatsapp_only_where_it_is_set_up(shop: Shop, client: FlaskClient) -> None:
    shop.newsletter(name="By mail")
    shop.newsletter("sms", name="By phone", subject="")
    shop.session.commit()
    mail, sms = client.get(LIST).text, client.get(f"{LIST}?channel=sms").text
    assert (names(mail), names(sms)) == (["By mail"], ["By phone"])
    assert "channel=whatsapp" not in mail
    assert client.get(f"{LIST}/add/whatsapp").status_code == 404
    assert names(client.get(f"{LIST}?channel=pigeon").text) == ["By mail"]

    shop.plugin.channels["whatsapp"] = MemoryChannel("whatsapp")  # type: ignore[index]
    assert "channel=whatsapp" in client.get(LIST).text
    answer = client.post(f"{LIST}/add/whatsapp", data={"name": "By WhatsApp", "body": "Hi"})
    assert answer.status_code == 303
    assert names(client.get(f"{LIST}?channel=whatsapp").text) == ["By WhatsApp"]


@pytest.mark.rule("W40")
@pytest.mark.rule("W49")
def test_the_columns_are_those_of_the_original_and_the_last_sending_is_linked(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    row = shop.newsletter(name="Spring", subject="It is spring", language="de")
    shop.newsletter(name="Never")
    first, last = shop.send(row), shop.send(row)
    page = client.get(LIST).text
    for column in ("Name", "Subject", "Subscription language", "Modified on", "Sent on"):
        assert f'<th scope="col">{column}</th>' in page
    assert "It is spring" in page
    assert "Deutsch" in page
    assert f"/dispatches/{last.id}" in page
    assert f"/dispatches/{first.id}" not in page
    assert "never" in page


@pytest.mark.rule("W40")
def test_pages_go_on_below_the_last_row_and_the_statements_do_not_grow(shop: Shop, client: FlaskClient) -> None:
    def statements() -> int:
        with Statements(shop.plugin.engine) as asked:
            assert client.get(LIST).status_code == 200
        return len(asked.texts)

    rows = some(shop, 2)
    few = statements()
    rows += some(shop, 58)
    assert statements() == few

    page, seen = client.get(LIST).text, []
    assert ">60</span>" in page
    while True:
        seen += names(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        page = client.get(following[1].replace("&amp;", "&")).text
    assert len(seen) == 60
    assert sorted(seen) == sorted(row.name for row in rows)
    assert names(client.get(f"{LIST}?after=nonsense").text) == seen[:50]


@pytest.mark.rule("W40")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("spring", ["Spring"]),
        ("SALE off", ["Autumn"]),
        ("Grüße", ["Winter"]),
        ("100%", ["Autumn"]),
        ("%", ["Autumn"]),
        ("_", []),
        ("\\", []),
        ("\u202e", []),
        ("\0", ["Winter", "Autumn", "Spring"]),
    ],
)
def test_a_search_finds_name_and_subject_by_every_word(
    shop: Shop, client: FlaskClient, words: str, found: list[str]
) -> None:
    shop.newsletter(name="Spring", subject="Hello")
    shop.newsletter(name="Autumn", subject="Sale: 100% off")
    shop.newsletter(name="Winter", subject="GRÜSSE und grüße")
    shop.session.commit()
    page = client.get(LIST, query_string={"q": words}).text
    assert sorted(names(page)) == sorted(found)
    assert found or "No newsletter is called so" in page


def test_an_empty_list_says_what_to_do_next(client: FlaskClient) -> None:
    assert "No e-mail newsletters yet" in client.get(LIST).text
    assert "No SMS newsletters yet" in client.get(f"{LIST}?channel=sms").text


@pytest.mark.rule("W40")
@pytest.mark.rule("W7")
def test_the_list_is_a_file_of_the_view_the_ticked_or_the_whole(shop: Shop, client: FlaskClient) -> None:
    first = shop.newsletter(name="=1+1", subject="Sale")
    shop.newsletter(name="Spring", subject="Hello", language="de")
    shop.newsletter("sms", name="By phone", subject="", sender="Freewheel")
    shop.session.commit()

    def exported(**data: str) -> list[list[str]]:
        answer = client.post(f"{LIST}/export", data=data)
        assert answer.mimetype == "text/csv"
        return [row[2:4] for row in csv.reader(io.StringIO(answer.text.lstrip("\ufeff")))]

    header = ["Name", "Subject"]
    assert exported(extent="view", q="hello") == [header, ["Spring", "Hello"]]
    assert exported(extent="all", q="hello") == [header, ["Spring", "Hello"], ["'=1+1", "Sale"]]
    assert exported(extent="ticked", id=str(first.id)) == [header, ["'=1+1", "Sale"]]
    assert exported(extent="all", channel="sms") == [header, ["By phone", ""]]
    assert shop.session.query(Audit).filter_by(action="list.exported").count() == 4
    assert client.post(f"{LIST}/export", data={"extent": "ticked"}).status_code == 303


@pytest.mark.rule("W40")
def test_the_ticked_are_copied_and_the_gone_are_said(shop: Shop, client: FlaskClient) -> None:
    first, second = some(shop, 2)
    answer = client.post(f"{LIST}/copy", data={"id": [first.id, second.id, 4711, "x", "9" * 30]}, follow_redirects=True)
    assert "2 copies were added: “Letter 000 (copy)”, “Letter 001 (copy)”" in answer.text
    assert "1 of the ticked is no longer there" in answer.text
    assert len(names(client.get(LIST).text)) == 4
    assert "Nothing is ticked" in client.post(f"{LIST}/copy", follow_redirects=True).text


@pytest.mark.rule("W40")
def test_deleting_the_ticked_asks_names_them_and_keeps_what_is_being_sent(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    past, busy, kept = some(shop, 3)
    done = shop.send(past)
    shop.work()
    shop.send(busy)
    ticked = {"id": [str(past.id), str(busy.id)]}

    asked = client.post(f"{LIST}/delete", data=ticked)
    assert asked.status_code == 200
    assert "Delete 1 newsletter" in asked.text
    assert "last sent on" in asked.text
    assert "These stay, because they are being sent." in asked.text
    assert len(names(client.get(LIST).text)) == 3

    answer = client.post(f"{LIST}/delete", data={**ticked, "sure": "1"}, follow_redirects=True)
    assert "1 newsletter was deleted." in answer.text
    assert f"Not deleted, because they are being sent: “{busy.name}”." in answer.text
    assert sorted(names(answer.text)) == sorted([busy.name, kept.name])
    shop.session.rollback()
    assert shop.session.get(Dispatch, done.id).name == "Letter 000"  # type: ignore[union-attr]
    assert shop.session.scalars(select(Audit.object_name).where(Audit.action == "newsletter.deleted")).all() == [
        "Letter 000"
    ]
    again = client.post(f"{LIST}/delete", data={"id": str(past.id), "sure": "1"}, follow_redirects=True)
    assert "1 of the ticked is no longer there" in again.text


@pytest.mark.rule("W40")
def test_whoever_may_only_look_can_export_and_change_nothing(shop: Shop, client: FlaskClient) -> None:
    (row,) = some(shop, 1)
    shop.staff.flags = {"newsletters.view"}
    page = client.get(LIST).text
    assert "Export as CSV" in page
    assert "Delete…" not in page
    for verb in ("copy", "delete"):
        assert client.post(f"{LIST}/{verb}", data={"id": row.id, "sure": "1"}).status_code == 403
    assert client.post(f"{LIST}/export", data={"extent": "all"}).status_code == 200
