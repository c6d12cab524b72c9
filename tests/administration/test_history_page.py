"""The history is narrowed, read page by page, taken as a file, and leads to what it tells of (W14)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.pages.examples import examples
from tests.shops import Shop, Statements
from tests.support.html import Page
from webshop_segments.access import FLAGS, WORKER, Actor, customer
from webshop_segments.administration import accounts, audit, history
from webshop_segments.administration.models import Administrator, Audit
from webshop_segments.blueprints import history as words

pytestmark = pytest.mark.rule("W14")

Visit = Callable[..., FlaskClient]
Account = Callable[..., Administrator]

PAGE = "/marketing/history"
ANNA = Actor("administrator", "9", "Anna Ernst")


def note(shop: Shop, action: str, kind: str, name: str, by: Actor = ANNA, at: str = "", ref: object = 1) -> Audit:
    audit.record(shop.session, by, action, kind, ref, name)
    shop.session.flush()
    event = shop.session.scalars(select(Audit).order_by(Audit.id.desc()).limit(1)).one()
    if at:
        event.at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    shop.session.commit()
    return event


@pytest.fixture
def told(shop: Shop, main: Administrator) -> Shop:
    """Four events on three days; midnight in Berlin is an hour before midnight in UTC."""
    note(shop, "segment.added", "segment", "Oldest 100%", at="2026-01-09T22:59:59")
    note(shop, "segment.renamed", "segment", "Early", by=WORKER, at="2026-01-09T23:00:00")
    note(shop, "newsletter.added", "newsletter", "Late", at="2026-01-10T22:59:59")
    note(shop, "consent.withdrawn", "person", "Ada Young", by=customer("7"), at="2026-01-10T23:00:00", ref="contact:9")
    return shop


def names(page: str) -> list[str]:
    """The objects told of, without what happened in this test's own accounts."""
    found = re.findall(r": (?:<a [^>]*>|<strong>)([^<]+)<", page.partition("<tbody>")[2])
    return [name for name in found if "@" not in name]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=anna", ["Late", "Oldest 100%"]),
        ("who=Worker", ["Early"]),
        ("who=customer", ["Ada Young"]),
        ("what=segment.renamed", ["Early"]),
        ("what=segment", ["Early", "Oldest 100%"]),
        ("object=lat", ["Late"]),
        ("object=100%25", ["Oldest 100%"]),
        ("object=_", []),
        ("from=2026-01-10&to=2026-01-10", ["Late", "Early"]),
        ("to=2026-01-09", ["Oldest 100%"]),
        ("from=2026-01-11&to=2026-01-11", ["Ada Young"]),
        ("who=anna&what=newsletter&from=2026-01-10", ["Late"]),
        ("who=nobody", []),
    ],
)
def test_it_is_narrowed_to_who_what_object_and_days_of_the_shop(
    told: Shop, main: Administrator, visit: Visit, query: str, found: list[str]
) -> None:
    assert names(visit(main).get(f"{PAGE}?{query}").text) == found


def test_somebody_is_found_by_the_name_of_today_and_by_the_address(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    one = account("one@shop.example")
    note(shop, "segment.added", "segment", "Theirs", by=one.actor)
    accounts.change(shop.session, one, "Olga Renamed", "", main.actor)
    shop.session.commit()
    for typed in ("olga", "one@shop", "ONE@"):
        assert "Theirs" in names(visit(main).get(f"{PAGE}?who={typed}").text), typed


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=yesterday", "“yesterday” is no day we know. Write it like 2026-12-31."),
        ("to=2026-02-31", "“2026-02-31” is no day we know."),
        ("from=0001-01-01", "is no day we know."),
        ("to=9999-12-31", "is no day we know."),
        ("from=2026-01-02&to=2026-01-01", "The last day lies before the first."),
        ("what=everything.else", "Nothing in the history is called “everything.else”."),
    ],
)
def test_what_cannot_be_understood_gets_a_sentence(
    told: Shop, main: Administrator, visit: Visit, query: str, sentence: str
) -> None:
    client = visit(main)
    answer = client.get(f"{PAGE}?{query}")
    assert (answer.status_code, sentence in answer.text, names(answer.text)) == (422, True, [])
    name, _, value = query.partition("&")[0].partition("=")
    wrong = client.post(f"{PAGE}/export", data={"extent": "view", name: value, "to": "x"})
    assert (wrong.status_code, wrong.mimetype) == (422, "text/html")


@pytest.mark.parametrize("typed", ["%00", "%E2%80%AE", "%F0%9F%9A%B2", "x" * 5000, "%27%3B--", "%25", "%5C"])
def test_odd_words_find_nothing_and_break_nothing(told: Shop, main: Administrator, visit: Visit, typed: str) -> None:
    for field in ("who", "object"):
        answer = visit(main).get(f"{PAGE}?{field}={typed}")
        assert answer.status_code < 500
        assert "Traceback" not in answer.text


def test_pages_follow_each_other_within_what_was_asked_for(
    shop: Shop, main: Administrator, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    for number in range(7):
        note(shop, "segment.added", "segment", f"Segment-{number}", at="2026-01-09T12:00:00")
        note(shop, "newsletter.added", "newsletter", f"Newsletter-{number}")
    client, seen, address = visit(main), [], f"{PAGE}?what=segment&from=2026-01-09&to=2026-01-09"
    while address:
        page = client.get(address).text
        note(shop, "segment.added", "segment", "Meanwhile", at="2026-01-09T13:00:00")
        seen += names(page)
        address = next((link for link in Page(page).links if "before=" in link), "")
    assert seen == [f"Segment-{number}" for number in range(6, -1, -1)]


def test_the_count_stands_beside_the_list(told: Shop, main: Administrator, visit: Visit) -> None:
    assert '<span class="wss-count">2</span>' in visit(main).get(f"{PAGE}?what=segment").text


def test_the_count_ends_where_nobody_reads_on(
    told: Shop, main: Administrator, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "COUNTED", 2)
    page = visit(main).get(PAGE).text
    assert "There are more than 2 events." in page
    assert "wss-count" not in page


@pytest.mark.parametrize(
    ("extent", "rows"), [("view", ["Early", "Oldest 100%"]), ("all", ["Ada Young", "Late", "Early", "Oldest 100%"])]
)
def test_it_is_exported_as_it_is_seen_or_whole(
    told: Shop, main: Administrator, visit: Visit, extent: str, rows: list[str]
) -> None:
    client = visit(main)
    (form,) = [form for form in Page(client.get(f"{PAGE}?what=segment").text).posts() if "export" in form.action]
    answer = client.post(form.action, data={**dict(form.values), "extent": extent})
    header, *lines = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert header == ["When (Europe/Berlin)", "Who", "What", "Object", "Details", "From"]
    assert [line[3] for line in lines if "@" not in line[3] and line[2] != "List exported"] == rows
    early = next(line for line in lines if line[3] == "Early")
    assert early == ["2026-01-10 00:00:00", "Worker", "Segment renamed", "Early", "", "127.0.0.1"][:5] + [early[5]]
    assert "List exported" in client.get(f"{PAGE}?what=list").text


def test_names_of_customers_are_masked_and_not_found_by_whoever_must_not_see_them(
    told: Shop, account: Account, visit: Visit
) -> None:
    client = visit(account("one@shop.example", "audit.view"))
    assert "A… Y…" in names(client.get(PAGE).text)
    assert "Young" not in client.post(f"{PAGE}/export", data={"extent": "all"}).text
    assert names(client.get(f"{PAGE}?object=young").text) == []
    assert names(client.get(f"{PAGE}?object=late").text) == ["Late"]


def test_an_object_is_linked_while_it_exists_and_may_be_seen(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    values = examples(shop, visit(main))
    one = account("one@shop.example", *FLAGS)
    note(shop, "consent.withdrawn", "person", "Ada", ref=f"contact:{values['ref']}")
    note(shop, "consent.withdrawn", "person", "Gone", ref="contact:99999")
    note(shop, "segment.deleted", "segment", "Deleted", ref=99999)
    note(shop, "segment.added", "segment", "Odd", ref="²")
    client = visit(one)
    links = {link for link in Page(client.get(PAGE).text.partition("<tbody>")[2]).links}
    assert {
        f"/marketing/people/contact/{values['ref']}",
        f"/marketing/segments/{values['segment_id']}",
        f"/marketing/newsletters/{values['newsletter_id']}",
        f"/marketing/dispatches/{values['dispatch_id']}",
        f"/marketing/administrators/{values['administrator_id']}",
        "/marketing/consents/1",
    } <= links
    assert not [link for link in links if "99999" in link]
    assert {client.get(link).status_code for link in links} == {200}
    one.flags = ["audit.view"]
    shop.session.commit()
    assert not [link for link in Page(client.get(PAGE).text.partition("<tbody>")[2]).links if "before=" not in link]


def test_a_longer_history_asks_the_database_nothing_more(shop: Shop, main: Administrator, visit: Visit) -> None:
    client, counts = visit(main), []
    for number in (1, 30):
        for place in range(number):
            note(shop, "segment.added", "segment", f"S{place}", ref=place)
            note(shop, "newsletter.added", "newsletter", f"N{place}", ref=place)
        client.get(PAGE)
        with Statements(shop.plugin.engine) as statements:
            client.get(PAGE)
        counts.append(len(statements.texts))
    assert counts[1] <= counts[0]


def test_every_action_belongs_to_a_subject(shop: Shop) -> None:
    with shop.app.test_request_context():
        assert {action.partition(".")[0] for action in words.actions()} == set(words.subjects())
