"""The list of administrators and the ready patterns of permissions (W10, W11)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.shops import Shop, Statements
from tests.support.html import Page
from webshop_segments.access import FLAGS
from webshop_segments.administration import accounts
from webshop_segments.administration.models import Administrator
from webshop_segments.blueprints.areas import areas, patterns

Visit = Callable[..., FlaskClient]
Account = Callable[..., Administrator]

LIST = "/marketing/administrators"


def ticks(page: str) -> set[str]:
    """The flags whose ticks are set."""
    boxes = re.findall(r'name="ticks"[^>]*value="([^"]+)" checked', page)
    return {flag for value in boxes for flag in value.split()}


@pytest.fixture
def staffed(shop: Shop, main: Administrator, account: Account) -> Shop:
    """Three administrators: invited, active and blocked."""
    people = {
        "ivy@shop.example": ("Ivy Invited", "Marketing", True),
        "adam@shop.example": ("Adam Active", "Marketing", False),
        "bob@shop.example": ("Bob Blocked", "Küche", False),
    }
    for email, (name, group, invited) in people.items():
        one = account(email, "segments.view", "segments.manage", invited=invited)
        one.name, one.group_name = name, group
    bob = accounts.by_email(shop.session, "bob@shop.example")
    assert bob is not None
    accounts.block(shop.session, bob, main.actor)
    shop.session.commit()
    return shop


def shown(page: str) -> list[str]:
    return re.findall(r'<a href="/marketing/administrators/\d+">([^<]+)</a>', page)


@pytest.mark.rule("W11")
def test_the_list_shows_count_state_group_and_last_login(staffed: Shop, main: Administrator, visit: Visit) -> None:
    page = visit(main).get(LIST).text
    assert shown(page) == ["main@shop.example", "Adam Active", "Bob Blocked", "Ivy Invited"]
    assert '<span class="wss-count">4</span>' in page
    for word in ("active", "invited", "blocked", "main administrator", "never", "Küche", "2 of 14"):
        assert word in page, word


@pytest.mark.rule("W10")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("group=Marketing", ["Adam Active", "Ivy Invited"]),
        ("group=marketing&state=invited", ["Ivy Invited"]),
        ("group=K%C3%9CCHE", ["Bob Blocked"]),
        ("state=active", ["main@shop.example", "Adam Active"]),
        ("state=blocked", ["Bob Blocked"]),
        ("state=nonsense", ["main@shop.example", "Adam Active", "Bob Blocked", "Ivy Invited"]),
        ("q=ADAM", ["Adam Active"]),
        ("q=bob@shop", ["Bob Blocked"]),
        ("q=invited+marketing", ["Ivy Invited"]),
        ("q=%25", []),
        ("q=%00%E2%80%AE%F0%9F%9A%B2" + "x" * 5000, []),
    ],
)
def test_the_list_is_found_by_words_group_and_state(
    staffed: Shop, main: Administrator, visit: Visit, query: str, found: list[str]
) -> None:
    page = visit(main).get(f"{LIST}?{query}").text
    assert shown(page) == found
    assert ("No administrator found" in page) is not bool(found)


@pytest.mark.rule("W10")
def test_a_group_in_the_list_leads_to_all_of_it(staffed: Shop, main: Administrator, visit: Visit) -> None:
    client = visit(main)
    (link, *_) = [link for link in Page(client.get(LIST).text).links if "group=K" in link]
    assert shown(client.get(link).text) == ["Bob Blocked"]


@pytest.mark.rule("W11")
@pytest.mark.parametrize(("extent", "rows"), [("view", ["Bob Blocked"]), ("all", ["main@", "Adam", "Bob", "Ivy"])])
def test_the_list_is_exported_as_it_is_seen_or_whole(
    staffed: Shop, main: Administrator, visit: Visit, extent: str, rows: list[str]
) -> None:
    client = visit(main)
    (form,) = [form for form in Page(client.get(f"{LIST}?state=blocked").text).posts() if "export" in form.action]
    answer = client.post(form.action, data={**dict(form.values), "extent": extent})
    header, *lines = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert header[:5] == ["Name", "E-mail address", "Group", "State", "Permissions"]
    assert [line[0].startswith(row) for line, row in zip(lines, rows, strict=True)] == [True] * len(rows)
    if extent == "view":
        assert lines[0][2:5] == ["Küche", "blocked", "See segments and their members; "
                                 "Add, rename and delete segments, change their members"]  # fmt: skip


@pytest.mark.rule("W11")
def test_a_longer_list_asks_the_database_nothing_more(shop: Shop, main: Administrator, visit: Visit) -> None:
    client, counts = visit(main), []
    client.get(LIST)
    for number in range(2):
        for place in range(10):
            accounts.create(shop.session, f"a{number}-{place}@shop.example", main.actor)
        shop.session.commit()
        with Statements(shop.plugin.engine) as statements:
            client.get(LIST)
        counts.append(len(statements.texts))
    assert counts[0] == counts[1]


@pytest.mark.rule("W11")
def test_every_area_of_the_panel_has_its_permissions() -> None:
    wanted = {
        "partners.view",
        *("segments.view", "segments.manage"),
        *("newsletters.view", "newsletters.edit", "newsletters.send"),
        *("consents.view", "consents.publish"),
        *("subscribers.view", "subscribers.manage"),
        "administrators.manage",
        "settings.manage",
        "personal_data.view",
        "audit.view",
    }
    assert set(FLAGS) == wanted


@pytest.mark.rule("W10")
@pytest.mark.parametrize("name", ["marketing", "service", "reader"])
def test_a_pattern_fills_in_the_ticks_and_saves_nothing(
    staffed: Shop, main: Administrator, visit: Visit, name: str
) -> None:
    one = accounts.by_email(staffed.session, "ivy@shop.example")
    assert one is not None
    client, address = visit(main), f"{LIST}/{one.id}"
    (form,) = [form for form in Page(client.get(address).text, address).posts() if "name" in form.typed]
    assert form.buttons[0] == ("", "")
    assert ("pattern", name) in form.buttons
    answer = client.post(
        address, data={"name": "Ivy Typed", "group_name": "New", "ticks": "audit.view", "pattern": name}
    )
    with staffed.app.test_request_context():
        pattern = patterns()[name]
    assert answer.status_code == 200
    assert ticks(answer.text) == pattern.flags
    assert 'value="Ivy Typed"' in answer.text
    assert f"The ticks of “{pattern.label}” are filled in and not saved yet." in answer.text
    staffed.session.refresh(one)
    assert (one.name, one.flags) == ("Ivy Invited", ["segments.view", "segments.manage"])
    (form,) = [form for form in Page(answer.text, address).posts() if "name" in form.typed]
    data: dict[str, list[str]] = {}
    for key, value in form.values:
        data.setdefault(key, []).append(value)
    assert client.post(address, data=data).status_code == 303
    staffed.session.refresh(one)
    assert set(one.flags) == pattern.flags


@pytest.mark.rule("W10")
def test_a_pattern_gives_nothing_its_user_does_not_hold(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    giver = account("giver@shop.example", "administrators.manage", "segments.view", "newsletters.view")
    other = account("other@shop.example", "audit.view")
    answer = visit(giver).post(f"{LIST}/{other.id}", data={"name": "Other", "pattern": "reader"})
    assert ticks(answer.text) == {"segments.view", "newsletters.view", "audit.view"}
    assert "Left out, because you do not hold it yourself: See business partners" in answer.text


@pytest.mark.rule("W10")
def test_the_patterns_are_of_use(shop: Shop) -> None:
    with shop.app.test_request_context():
        made, known = patterns(), {flag for area in areas() for flag in area.flags}
    assert {"newsletters.send", "segments.manage"} <= made["marketing"].flags <= known
    assert {"subscribers.manage", "personal_data.view"} <= made["service"].flags <= known
    assert all(flag.endswith(".view") for flag in made["reader"].flags)
    assert not any("administrators.manage" in pattern.flags for pattern in made.values())


@pytest.mark.rule("W12")
@pytest.mark.parametrize("by", ["main", "other"])
def test_no_crafted_post_takes_anything_from_the_main_administrator(
    shop: Shop, main: Administrator, account: Account, visit: Visit, by: str
) -> None:
    client = visit(main if by == "main" else account("other@shop.example", *FLAGS))
    address = f"{LIST}/{main.id}"
    for data in (
        {"name": "main@shop.example", "ticks": "segments.view"},
        {"name": "main@shop.example", "ticks": ""},
        {"name": "main@shop.example", "pattern": "reader"},
        {"name": "main@shop.example", "is_main": "", "flags": "", "blocked_at": "2026-01-01", "id": "2"},
        {"name": "main@shop.example", "ticks": "administrators.manage audit.view"},
    ):
        client.post(address, data=data)
    for verb in ("block", "delete", "unblock", "invite"):
        client.post(f"{address}/{verb}", data={"confirm": "yes", "administrator_id": "2", "_method": "DELETE"})
    shop.session.refresh(main)
    assert (main.is_main, main.blocked_at, main.name) == (True, None, "main@shop.example")
    assert visit(main).get(LIST).status_code == 200
    assert visit(main).get("/marketing/history").status_code == 200
