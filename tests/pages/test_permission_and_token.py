"""No page without its permission, and no change without the form's own token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from tests.segments.lists import partner, segment
from tests.shops import Shop, make_shop
from webshop_segments.consent.models import ConsentRecord, ConsentVersion
from webshop_segments.segments.models import Segment, SegmentMember

PAGES = {
    "segments": "segments.view",
    "segments/add": "segments.manage",
    "segments/1": "segments.view",
    "segments/1/rename": "segments.manage",
    "segments/1/delete": "segments.manage",
    "segments/1/search": "segments.manage",
    "segments/1/members/remove": "segments.manage",
    "consents": "consents.view",
    "consents/1": "consents.view",
    "consents/publish": "consents.publish",
    "people": "subscribers.view",
    "people/contact/1": "subscribers.view",
}
POSTS = {
    "segments/add": "segments.manage",
    "segments/1/rename": "segments.manage",
    "segments/1/delete": "segments.manage",
    "segments/1/members": "segments.manage",
    "segments/1/members/remove": "segments.manage",
    "consents/publish": "consents.publish",
    "people/contact/1/withdraw/email": "subscribers.manage",
}


def furnish(shop: Shop) -> None:
    """Segment 1 with one member, version 1, and contact 1 who agreed to it."""
    shop.publish()
    segment(shop, "Bikers", partner(shop.agreed("ada@example.com")))
    shop.session.commit()


def everything(shop: Shop) -> list[object]:
    shop.session.rollback()
    tables = (ConsentRecord, ConsentVersion, Segment, SegmentMember)
    counts = [shop.session.scalar(select(func.count()).select_from(table)) for table in tables]
    return [*counts, *shop.session.scalars(select(Segment.name))]


@pytest.mark.rule("W12")
def test_each_page_opens_with_its_own_flag_only(shop: Shop) -> None:
    furnish(shop)
    client = shop.app.test_client()
    for method, paths in (("GET", PAGES), ("POST", POSTS)):
        for path, flag in paths.items():
            shop.staff.flags -= {flag}
            before = everything(shop)
            assert client.open(f"/marketing/{path}", method=method).status_code == 403, path
            assert everything(shop) == before
            shop.staff.flags |= {flag}
    for path in PAGES:
        assert client.get(f"/marketing/{path}").status_code == 200, path


@pytest.mark.rule("W12")
def test_a_stranger_is_asked_to_log_in(shop: Shop) -> None:
    furnish(shop)
    shop.staff.stranger = True
    for method, paths in (("GET", PAGES), ("POST", POSTS)):
        for path in paths:
            assert shop.app.test_client().open(f"/marketing/{path}", method=method).status_code == 401, path


@pytest.fixture
def guarded(database_url: str, host_schema: str | None) -> Iterator[Shop]:
    """A shop that protects its forms against forgery."""
    made = make_shop(database_url, schema=host_schema, csrf=True)
    with made.app.app_context():
        yield made
        made.db.session.remove()
        made.plugin.engine.dispose()


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("own_protection", [True, False])
def test_a_post_without_token_changes_nothing_and_says_what_to_do(
    guarded: Shop, path: str, own_protection: bool
) -> None:
    guarded.app.config["WTF_CSRF_CHECK_DEFAULT"] = own_protection
    furnish(guarded)
    before = everything(guarded)

    answer = guarded.app.test_client().post(f"/marketing/{path}", data={"name": "Riders", "id": "1", "member": "x:1"})

    assert 400 <= answer.status_code < 500
    assert "again" in answer.text or "token" in answer.text
    assert everything(guarded) == before
