"""Business Partners → Segments in the browser: listed, added, renamed, deleted, and refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.segments.lists import partner, segment
from tests.shops import ANNA, Shop, Statements
from tests.support.together import together
from webshop_segments.directory.partners import MemberKey
from webshop_segments.segments import members, operations
from webshop_segments.segments.models import Segment

LIST = "/marketing/segments"


def saved(shop: Shop) -> list[str]:
    shop.session.rollback()
    return list(shop.session.scalars(select(Segment.name).order_by(Segment.id)))


def kept(shop: Shop, name: str = "Bikers", *keys: object) -> int:
    """The id of a segment that is committed, as another administrator's would be."""
    made = segment(shop, name, *keys)  # type: ignore[arg-type]
    shop.session.commit()
    return made.id


@pytest.mark.rule("W1")
def test_the_list_shows_names_and_counts(shop: Shop, client: FlaskClient) -> None:
    kept(shop, "Bikers <b>", *(partner(shop.company(f"C{number}")) for number in range(3)))
    kept(shop, "Ärzte")

    answer = client.get(LIST)

    assert answer.status_code == 200
    assert answer.text.index("Ärzte") < answer.text.index("Bikers &lt;b&gt;")
    assert "Bikers" not in client.get(f"{LIST}?q=%C3%84").text


@pytest.mark.rule("W2")
def test_adding_one_leads_to_its_details(shop: Shop, client: FlaskClient) -> None:
    assert client.get(f"{LIST}/add").status_code == 200

    answer = client.post(f"{LIST}/add", data={"name": "  Big   spenders "})

    assert (answer.status_code, answer.location) == (303, f"{LIST}/1")
    assert "The segment “Big spenders” was added." in client.get(answer.location).text
    assert saved(shop) == ["Big spenders"]


@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("", 422, "Enter a name first."),
        ("x" * 121, 422, "121 characters; 120 is the most"),
        ("x" * 3000, 422, "2000"),
        ("a\0b", 422, "control characters"),
        ("bikers", 409, "already exists and cannot be created again. Choose another name."),
    ],
)
def test_a_name_that_cannot_be_used_is_shown_again_with_the_reason(
    shop: Shop, client: FlaskClient, name: str, status: int, sentence: str
) -> None:
    segment_id = kept(shop)
    other = kept(shop, "Hikers")

    added = client.post(f"{LIST}/add", data={"name": name})
    renamed = client.post(f"{LIST}/{other}/rename", data={"name": name})

    assert (added.status_code, renamed.status_code) == (status, status)
    assert sentence in added.text
    assert sentence in renamed.text
    assert saved(shop) == ["Bikers", "Hikers"]
    assert segment_id != other


@pytest.mark.rule("W2")
def test_renaming_answers_with_the_new_name(shop: Shop, client: FlaskClient) -> None:
    segment_id = kept(shop)
    assert "Bikers" in client.get(f"{LIST}/{segment_id}/rename").text

    answer = client.post(f"{LIST}/{segment_id}/rename", data={"name": "Riders"}, follow_redirects=True)

    assert "The segment is now called “Riders”." in answer.text
    assert saved(shop) == ["Riders"]


@pytest.mark.rule("W1")
@pytest.mark.rule("W2")
def test_of_two_administrators_renaming_to_one_name_at_once_one_gets_the_message(shop: Shop) -> None:
    ids = [kept(shop, name) for name in ("Riders", "Hikers", "Walkers")]

    def renaming(segment_id: int) -> Callable[[], tuple[int, str]]:
        def rename() -> tuple[int, str]:
            answer = shop.app.test_client().post(f"{LIST}/{segment_id}/rename", data={"name": "Bikers"})
            return answer.status_code, answer.text

        return rename

    (first, _page), *told = sorted(together(shop.app, *map(renaming, ids)))

    assert first == 303
    for status, page in told:
        assert status == 409
        assert "A segment named “Bikers” already exists and cannot be created again. Choose another name." in page
    assert saved(shop).count("Bikers") == 1


@pytest.mark.rule("W4")
def test_a_row_opens_by_double_click_and_its_name_is_a_link(shop: Shop, client: FlaskClient) -> None:
    segment_id = kept(shop)

    page = client.get(LIST).text

    assert f'<tr data-href="{LIST}/{segment_id}">' in page
    assert f'<a href="{LIST}/{segment_id}">Bikers</a>' in page


@pytest.mark.rule("W8")
def test_every_segment_is_offered_as_the_audience_of_a_newsletter(shop: Shop, client: FlaskClient) -> None:
    ids = [kept(shop, name) for name in ("Hikers", "Bikers <b>")]
    newsletter = shop.newsletter()
    shop.session.commit()

    page = client.get(f"/marketing/newsletters/{newsletter.id}/send").text

    assert "Bikers &lt;b&gt;" in page
    for segment_id in ids:
        assert f'name="segment" value="{segment_id}"' in page


@pytest.mark.rule("W3")
def test_deleting_asks_once_and_posting_twice_is_told(shop: Shop, client: FlaskClient) -> None:
    segment_id = kept(shop)
    assert client.get(f"{LIST}/{segment_id}/delete").status_code == 200
    assert saved(shop) == ["Bikers"]

    assert client.post(f"{LIST}/{segment_id}/delete").status_code == 303
    assert "The segment “Bikers” was deleted." in client.get(LIST).text
    again = client.post(f"{LIST}/{segment_id}/delete")

    assert again.status_code == 404
    assert "no longer exists. Somebody has deleted it." in again.text
    assert saved(shop) == []


@pytest.mark.rule("W3")
def test_deleting_one_that_holds_somebody_says_how_many(shop: Shop, client: FlaskClient) -> None:
    segment_id = kept(shop, "Bikers", partner(shop.company()), partner(shop.company("Other")))

    answer = client.post(f"{LIST}/{segment_id}/delete")

    assert answer.status_code == 409
    assert "it still holds 2 customers" in answer.text
    assert saved(shop) == ["Bikers"]


@pytest.mark.parametrize("path", ["", "/rename", "/delete", "/search", "/reach", "/members/remove"])
@pytest.mark.parametrize("number", ["4711", "9" * 30])
def test_a_segment_deleted_in_another_tab_is_a_sentence(client: FlaskClient, path: str, number: str) -> None:
    answer = client.get(f"{LIST}/{number}{path}")

    assert answer.status_code == 404
    assert "no longer exists" in answer.text or "There is nothing with this number" in answer.text


@pytest.mark.parametrize("query", ["q=%00", "q=%25", "after=" + "9" * 30, "after=4711", "after=x"])
def test_nothing_typed_into_the_address_bar_breaks_the_list(client: FlaskClient, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code in (200, 404)


@pytest.mark.rule("W1")
def test_the_list_asks_the_database_no_more_often_for_more_rows(shop: Shop, client: FlaskClient) -> None:
    def statements() -> int:
        with Statements(shop.plugin.engine) as asked:
            assert client.get(LIST).status_code == 200
        return len(asked.texts)

    kept(shop, "First", partner(shop.company()))
    few = statements()
    for number in range(60):
        segment(shop, f"S{number}", partner(shop.company(f"C{number}")))
    shop.session.commit()

    assert statements() == few
    first = client.get(LIST).text
    assert "after=" in first


@pytest.mark.rule("W1")
def test_very_many_members_are_counted_after_the_list_is_shown(shop: Shop, client: FlaskClient) -> None:
    segment_id, staying = kept(shop), partner(shop.company())
    crowd = {MemberKey("subscriber", str(number)): None for number in range(1, 5001)} | {staying: None}
    members.insert(shop.session, operations.get(shop.session, segment_id), crowd, ANNA)
    shop.session.commit()

    page = client.get(f"{LIST}?q=bik").text
    counted = client.get(f"{LIST}?q=bik&counted=members").text

    assert f'hx-get="{LIST}?q=bik&amp;counted=members"' in page
    assert f'hx-get="{LIST}/{segment_id}/reach"' in page
    assert f'<span id="wss-email-{segment_id}">0</span>' in client.get(f"{LIST}/{segment_id}/reach").text
    assert "…</span>" not in client.get(f"{LIST}?counted=all").text
    assert f'<span id="wss-partners-{segment_id}"><span class="wss-faint">…</span></span>' in page
    assert f'<span id="wss-partners-{segment_id}">1 <span class="wss-under">5,000 no longer in the shop' in counted
    assert "being counted" not in counted
