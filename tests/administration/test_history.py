"""The history of events: who, what, when, from which address, in words (W14)."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.shops import Shop
from tests.support.source import modules
from webshop_segments.access import WORKER, Actor, customer
from webshop_segments.administration import audit
from webshop_segments.administration import history as events
from webshop_segments.administration.models import Administrator
from webshop_segments.blueprints import history

pytestmark = pytest.mark.rule("W14")

Visit = Callable[..., FlaskClient]
Account = Callable[..., Administrator]

ANNA = Actor("administrator", "9", "Anna <b>")


def note(shop: Shop, action: str, kind: str, name: str, by: Actor = ANNA, **detail: object) -> None:
    audit.record(shop.session, by, action, kind, 1, name, **detail)
    shop.session.commit()


def test_every_action_of_the_project_has_a_word(shop: Shop) -> None:
    calls = [call for module in modules() for call, name in module.calls() if name == "audit.record"]
    literal = {arg.value for call in calls for arg in call.args[2:3] if isinstance(arg, ast.Constant)}
    assert {"segment.added", "administrator.added"} <= literal
    assert literal | {"dispatch.paused", "dispatch.sending", "dispatch.cancelled"} <= set(history.actions())


@pytest.mark.rule("W53")
def test_every_kind_of_object_is_known_to_be_a_customer_or_not() -> None:
    calls = [call for module in modules() for call, name in module.calls() if name == "audit.record"]
    kinds = {arg.value for call in calls for arg in call.args[3:4] if isinstance(arg, ast.Constant)}
    customers = {"person"}
    assert kinds - customers <= history.OPEN_NAMES, "add the kind to OPEN_NAMES, or here if its names are customers'"
    assert not customers & history.OPEN_NAMES


def test_who_what_when_and_from_where_is_told_in_words(shop: Shop, main: Administrator, visit: Visit) -> None:
    note(shop, "segment.renamed", "segment", "Summer & sun", old="Spring")
    note(shop, "segment.members_added", "segment", "Summer", members=["partner:1", "partner:2"])
    note(shop, "consents.published", "consent_version", "2", by=WORKER, channels=["email", "sms"])
    note(shop, "administrator.permissions_changed", "administrator", "Bob", given=["audit.view"], taken=[])
    note(shop, "dispatch.unknown_settled", "dispatch", "Spring", count=3, status="sent")
    page = visit(main).get("/marketing/history").text
    for words in (
        "Anna &lt;b&gt;",
        "Segment renamed",
        "Summer &amp; sun",
        "Before: Spring",
        "2 members",
        "Number: 3",
        "Worker",
        "Version 2",
        "Channels: E-mail, SMS",
        "Given: Read the history of events",
        "Outcome: sent",
        "127.0.0.1",
    ):
        assert words in page, words
    assert "{" not in page.partition("<main")[2]


def test_the_newest_come_first_page_by_page(
    shop: Shop, main: Administrator, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PAGE", 3)
    for number in range(7):
        note(shop, "segment.added", "segment", f"Segment-{number}")
    client, seen, address = visit(main), [], "/marketing/history"
    while address:
        page = client.get(address).text
        seen += re.findall(r"Segment-(\d)", page)
        following = re.search(r"/marketing/history\?before=\d+", page)
        address = following.group() if following else ""
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_a_customers_name_is_masked_without_the_permission(
    shop: Shop, account: Account, visit: Visit, main: Administrator
) -> None:
    note(shop, "consent.withdrawn", "person", "Ada Young", by=customer("7"), channel="email")
    masked = visit(account("one@shop.example", "audit.view")).get("/marketing/history").text
    assert "Ada Young" not in masked
    assert "A… Y…" in masked
    assert "Ada Young" in visit(main).get("/marketing/history").text


@pytest.mark.parametrize("before", ["0", "-1", "x", "1"])
def test_a_page_below_the_oldest_event_is_empty(shop: Shop, main: Administrator, visit: Visit, before: str) -> None:
    assert visit(main).get(f"/marketing/history?before={before}").status_code == 200
