"""The import in the browser: uploaded, looked at, accepted; nothing counts before, and nothing counts twice (W31)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.consent.deeds import someone
from tests.shops import Shop, Statements
from tests.subscribers.files import PROOF, do_all, proven
from webshop_segments.administration.models import Audit
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.directory.models import Subscriber
from webshop_segments.subscribers.models import Import, ImportRow

pytestmark = pytest.mark.rule("W31")

IMPORTS = "/marketing/imports"


@pytest.fixture(autouse=True)
def published(shop: Shop) -> None:
    shop.publish("email", "sms")
    shop.session.commit()


def send(client: FlaskClient, content: str | bytes, name: str = "people.csv") -> TestResponse:
    raw = content.encode() if isinstance(content, str) else content
    return client.post(IMPORTS, data={"file": (io.BytesIO(raw), name)})


def upload(client: FlaskClient, content: str | bytes, name: str = "people.csv") -> str:
    """The address of the new import."""
    answer = send(client, content, name)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def subscribers(shop: Shop) -> int:
    shop.session.rollback()
    return int(shop.session.scalars(select(func.count()).select_from(Subscriber)).one())


def test_a_preview_shows_what_would_be_added_changed_and_refused_and_why(shop: Shop, client: FlaskClient) -> None:
    someone(shop, "ada@example.com").give()
    shop.session.commit()
    rows = proven() + "bo@example.com,Bo,,,\nada@example.com,,,,\nno address,,,,\nmia@example.com,,,,\n"

    address = upload(client, PROOF + rows)
    shown = client.get(address).text

    for words in ("mia@example.com", "Trade fair", "Import 2 subscribers", "cannot be undone", "Version 1"):
        assert words in shown
    left_out = client.get(f"{address}?verdict=refused").text
    for why in ("has an account", "no e-mail address we can write to", "the same address as in line 2"):
        assert why in left_out
    assert "bo@example.com" in client.get(f"{address}?verdict=pending").text
    assert subscribers(shop) == 0


def test_accepting_imports_once_however_often_it_is_pressed(shop: Shop, client: FlaskClient) -> None:
    address = upload(client, PROOF + proven())

    first, second = client.post(f"{address}/accept"), client.post(f"{address}/accept")

    assert (first.status_code, second.status_code) == (303, 409)
    assert "What happened" in client.get(address).text
    assert subscribers(shop) == 1
    assert shop.session.scalars(select(ConsentRecord.action)).all() == ["granted"]
    actions = shop.session.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert actions[-2:] == ["import.accepted", "import.finished"]
    history = client.get("/marketing/history").text
    assert "Import finished" in history
    assert "Added with proof: 1" in history


def test_the_refused_rows_come_back_as_a_file_with_the_reason(shop: Shop, client: FlaskClient) -> None:
    address = upload(client, "email;name\nnobody;=1+1\nbo@example.com;Bo\n")

    rows = list(csv.reader(io.StringIO(client.post(f"{address}/refused").data.decode("utf-8-sig"))))

    assert rows == [["Line", "Why it was refused", "email", "name"],
                    ["2", "no e-mail address we can write to", "nobody", "'=1+1"]]  # fmt: skip


@pytest.mark.rule("W53")
def test_without_the_flag_the_preview_and_the_file_are_masked(shop: Shop, client: FlaskClient) -> None:
    address = upload(client, "email,name\nmia@example.com,Miranda Ernst\nbad,Bonifatius\n")
    unclear = upload(client, "mia@example.com,Miranda\n")
    shop.staff.flags.discard("personal_data.view")

    pages = [address, f"{address}?verdict=pending", f"{address}?verdict=refused", f"{unclear}/columns"]
    texts = [client.get(page).text for page in pages] + [client.post(f"{address}/refused").text]

    for text in texts:
        for secret in ("mia@", "Miranda", "Ernst", "Bonifatius"):
            assert secret not in text


def test_unclear_headings_are_asked_about(shop: Shop, client: FlaskClient) -> None:
    address = upload(client, "Customer,Where to write,Nickname\n1,mia@example.com,Mia\n")
    columns = f"{address}/columns"

    assert client.get(address).location == columns
    assert "Where to write" in client.get(columns).text
    for wrong in ({}, {"column_1": "pigeon"}, {"column_1": "email", "column_2": "email"}, {"column_2": "first_name"}):
        assert client.post(columns, data=wrong).status_code == 422
    assert client.post(columns, data={"column_1": "email", "column_2": "first_name"}).status_code == 303
    shown = client.get(address).text
    assert "Columns that are not used: Customer." in shown
    assert "Mia" in shown
    assert client.post(columns, data={"column_1": "email"}).status_code == 409


def test_a_file_without_headings_is_asked_about_and_loses_no_row(client: FlaskClient) -> None:
    address = upload(client, "mia@example.com,Mia\nbo@example.com,Bo\n")

    assert "no headings" in client.get(f"{address}/columns").text
    client.post(f"{address}/columns", data={"column_0": "email", "column_1": "first_name"})
    assert "Import 2 subscribers" in client.get(address).text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"email\n", "no row below"),
        (b"PK\x03\x04", "Excel workbook"),
        (b"\x00\x01\x02" * 50, "no text file"),
        (b'email\n"mia' + b"x" * 200_000, "Line 2 does not end"),
        (b"email\n" + b"ok@example.com\n" * 600 + b'"' + b"x" * 200_000, "Line 602 does not end"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_leaves_nothing(
    shop: Shop, client: FlaskClient, content: bytes, sentence: str
) -> None:
    answer = send(client, content)

    assert answer.status_code == 422
    assert sentence in answer.text
    shop.session.rollback()
    for table in (Import, ImportRow):
        assert shop.session.scalars(select(func.count()).select_from(table)).one() == 0


def test_no_file_and_a_file_that_is_too_large_are_sentences(client: FlaskClient) -> None:
    for data in ({}, {"file": "text"}, {"file": (io.BytesIO(b"x"), "")}):
        answer = client.post(IMPORTS, data=data)
        assert answer.status_code == 422
        assert "Choose a CSV file first." in answer.text
    large: dict[str, Any] = {"CONTENT_LENGTH": str(120 * 1024 * 1024)}
    answer = client.post(IMPORTS, data={"file": (io.BytesIO(b"x"), "a.csv")}, environ_overrides=large)
    assert answer.status_code == 413
    assert "more than 100 MB" in answer.text


@pytest.mark.parametrize("name", ["<script>.csv", "../../etc/passwd", "a" * 500, "\u202egpj.exe", "Kunden 🚲.csv"])
def test_any_name_of_a_file_is_shown_as_text(client: FlaskClient, name: str) -> None:
    shown = client.get(upload(client, "email\nmia@example.com\n", name)).text

    assert "<script>" not in shown.partition("<main")[2]
    assert "\u202e" not in shown


def test_discarding_deletes_everything_and_its_pages_are_gone(shop: Shop, client: FlaskClient) -> None:
    address = upload(client, PROOF + proven())

    assert client.post(f"{address}/discard").location == IMPORTS
    for method, path in (
        ("GET", ""),
        ("GET", "/columns"),
        ("POST", "/accept"),
        ("POST", "/discard"),
        ("POST", "/refused"),
    ):
        assert client.open(address + path, method=method).status_code == 404
    assert subscribers(shop) == 0
    assert shop.session.scalars(select(func.count()).select_from(ImportRow)).one() == 0


@pytest.mark.parametrize("number", ["0", "4711", "9" * 30])
def test_an_import_that_is_not_there_is_a_sentence(client: FlaskClient, number: str) -> None:
    answer = client.get(f"{IMPORTS}/{number}")

    assert answer.status_code == 404
    assert "wss-main" in answer.text


def test_what_is_too_long_for_a_request_is_gone_on_with_and_the_page_renews_itself(
    shop: Shop, client: FlaskClient
) -> None:
    """More people to be asked than may wait to be written to."""
    address = upload(client, "email\n" + "".join(f"p{number}@example.com\n" for number in range(230)))
    client.post(f"{address}/accept")
    do_all(shop)

    progress = client.get(address)

    assert progress.headers["Refresh"] == "2"
    assert "<strong>200</strong> of 230" in progress.text
    assert client.post(f"{address}/discard").status_code == 409


def test_a_preview_is_read_page_by_page_with_the_same_few_statements(shop: Shop, client: FlaskClient) -> None:
    address = upload(client, "email\n" + "".join(f"p{number}@example.com\n" for number in range(120)))

    with Statements(shop.plugin.engine) as first:
        shown = client.get(f"{address}?verdict=pending").text
    with Statements(shop.plugin.engine) as second:
        last = client.get(f"{address}?verdict=pending&after=101").text

    assert "p49@" in shown
    assert "p50@" not in shown
    assert "p119@" in last
    assert len(first.texts) == len(second.texts)
    assert client.get(f"{address}?verdict=pigeon&after=x").status_code == 200
