"""Ticked segments: the empty ones are deleted after a question, and it is said which stay and why."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.segments.lists import partner, segment
from tests.shops import Shop, make_shop
from webshop_segments.administration.models import Audit
from webshop_segments.segments.models import Segment

DELETE = "/marketing/segments/delete"


@pytest.fixture
def ids(shop: Shop) -> list[int]:
    """Two empty segments, one that holds somebody, and an empty one that is still being sent to."""
    shop.publish()
    ada = shop.agreed("ada@example.com")
    made = [segment(shop, "Empty"), segment(shop, "Also empty"), segment(shop, "Full", partner(ada)),
            segment(shop, "Waiting", partner(ada))]  # fmt: skip
    shop.send(shop.newsletter(), made[3].id)
    return [row.id for row in made]


def saved(shop: Shop) -> list[str]:
    shop.session.rollback()
    return list(shop.session.scalars(select(Segment.name).order_by(Segment.id)))


@pytest.mark.rule("W7")
def test_the_empty_ones_are_deleted_after_it_was_said_which_stay_and_why(
    shop: Shop, client: FlaskClient, ids: list[int]
) -> None:
    asked = client.post(DELETE, data={"id": ids}).text
    assert "Delete 2 segments" in asked
    assert "it holds 1 customer." in asked
    assert "“Spring” is still being sent to it." in asked
    assert len(saved(shop)) == 4

    answer = client.post(DELETE, data={"id": ids, "confirmed": "1"}, follow_redirects=True)

    assert saved(shop) == ["Full", "Waiting"]
    for sentence in ("2 segments were deleted.", "“Full” cannot be deleted: it still holds 1 customer",
                     "“Waiting” cannot be deleted: “Spring” is still being sent to it."):  # fmt: skip
        assert sentence in answer.text
    noted = shop.session.scalars(select(Audit.object_name).where(Audit.action == "segment.deleted")).all()
    assert sorted(noted) == ["Also empty", "Empty"]


@pytest.mark.rule("W7")
@pytest.mark.parametrize("ticked", [[], ["4711"], ["x"], ["9" * 30], ["-1"]])
def test_nothing_is_deleted_when_nothing_that_exists_was_ticked(
    shop: Shop, client: FlaskClient, ids: list[int], ticked: list[str]
) -> None:
    assert client.post(DELETE, data={"id": ticked}).status_code in (200, 422)
    client.post(DELETE, data={"id": ticked, "confirmed": "1"})

    assert len(saved(shop)) == 4


@pytest.mark.rule("W7")
def test_a_second_post_of_the_same_page_is_told(shop: Shop, client: FlaskClient, ids: list[int]) -> None:
    for _turn in range(2):
        answer = client.post(DELETE, data={"id": ids[:1], "confirmed": "1"}, follow_redirects=True)

    assert "No segment was deleted." in answer.text
    assert len(saved(shop)) == 3


@pytest.mark.rule("W1")
def test_the_list_says_which_newsletters_use_a_segment(shop: Shop, client: FlaskClient, ids: list[int]) -> None:
    page = client.get("/marketing/segments").text
    waiting = page[page.index(">Waiting</a>") :]

    assert "Spring" in waiting
    assert "scheduled" in waiting
    assert "/marketing/dispatches/1" in waiting
    shop.staff.flags.discard("newsletters.view")
    assert "/marketing/dispatches/1" not in client.get("/marketing/segments").text


@pytest.mark.rule("W7")
@pytest.mark.parametrize("path", ["delete", "export", "1/export", "1/columns", "1/members/found", "1/members/listed"])
def test_a_button_of_an_old_page_does_nothing_and_says_so(
    database_url: str, host_schema: str | None, path: str
) -> None:
    guarded = make_shop(database_url, schema=host_schema, config={"WTF_CSRF_CHECK_DEFAULT": False}, csrf=True)
    with guarded.app.app_context():
        segment(guarded, "Empty")
        guarded.session.commit()
        data = {"id": "1", "confirmed": "1", "q": "x", "lines": "x"}

        answer = guarded.app.test_client().post(f"/marketing/segments/{path}", data=data)

        assert 400 <= answer.status_code < 500
        assert answer.mimetype == "text/html"
        assert saved(guarded) == ["Empty"]
        guarded.db.session.remove()
        guarded.plugin.engine.dispose()
