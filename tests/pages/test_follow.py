"""The pages of sending to those who became reachable since, and the list of all sendings of a newsletter (W49)."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.segments.lists import partner, segment
from tests.shops import ANNA, Shop, Statements
from webshop_segments import storefront
from webshop_segments.newsletter import newsletters, sendings
from webshop_segments.newsletter.models import Dispatch, Newsletter

HTMX = {"HX-Request": "true"}


@pytest.fixture
def first(shop: Shop) -> Dispatch:
    """Sent to a segment of two of whom one had agreed; the other has by now."""
    shop.publish()
    late = shop.customer("late@example.com", first_name="Lara")
    chosen = segment(shop, "Bikers", partner(shop.agreed("ada@example.com")), partner(late))
    made = shop.send(shop.newsletter(), chosen.id)
    shop.work()
    storefront.give_sample(late.id, ["email"])
    shop.session.commit()
    return made


def post(client: FlaskClient, dispatch: Dispatch, **values: Any) -> Any:
    data = {"request_key": "k", "when": "now"} | values
    return client.post(f"/marketing/dispatches/{dispatch.id}/follow", data=data)


def all_of_them(shop: Shop) -> list[Dispatch]:
    shop.session.expire_all()
    return list(shop.session.scalars(select(Dispatch).order_by(Dispatch.id)))


@pytest.mark.rule("W49")
def test_the_confirmation_says_how_many_became_reachable_and_a_double_post_is_one(
    shop: Shop, client: FlaskClient, first: Dispatch
) -> None:
    page = f"/marketing/dispatches/{first.id}"
    assert f'href="{page}/follow">Send to those who became reachable since' in client.get(page).text
    asked = client.get(f"{page}/follow").text
    assert "Counting who gets it" in asked
    assert "Bikers" in asked
    for counted in (client.get(f"{page}/follow/reach").text, client.get(f"{page}/follow?counted=1").text):
        assert "Send to 1 person" in counted
        assert "the address of 1 person, who gets nothing again" in counted
        assert "Lara Young" in counted

    answers = [post(client, first) for _ in range(2)]

    assert {answer.location for answer in answers} == {f"/marketing/dispatches/{all_of_them(shop)[-1].id}"}
    assert len(all_of_them(shop)) == 2
    shop.work()
    assert [message.address for message in shop.email.sent] == ["ada@example.com", "late@example.com"]
    shown = client.get(answers[0].location).text
    assert f'<a href="{page}">adds to an earlier sending</a>' in shown
    assert "added to on" in client.get(page).text


@pytest.mark.rule("W49")
def test_while_one_is_under_way_or_nobody_is_left_nothing_is_added(
    shop: Shop, client: FlaskClient, first: Dispatch
) -> None:
    post(client, first)
    answer = post(client, first, request_key="other")
    assert (answer.status_code, "still on its way" in answer.text) == (409, True)
    shop.work()
    answer = post(client, first, request_key="another")
    assert (answer.status_code, "Nobody has become reachable" in answer.text) == (409, True)
    assert "Nobody would get it" in client.get(f"/marketing/dispatches/{first.id}/follow?counted=1").text
    assert len(all_of_them(shop)) == 2


def test_without_its_newsletter_a_sending_stays_readable_and_nothing_can_be_added(
    shop: Shop, client: FlaskClient, first: Dispatch
) -> None:
    newsletter = shop.session.get(Newsletter, first.newsletter_id)
    assert newsletter is not None
    newsletters.remove(shop.session, newsletter, ANNA)
    shop.session.commit()
    shown = client.get(f"/marketing/dispatches/{first.id}")
    assert (shown.status_code, "became reachable since" in shown.text) == (200, False)
    for answer in (client.get(f"/marketing/dispatches/{first.id}/follow"), post(client, first)):
        assert (answer.status_code, "was deleted" in answer.text) == (409, True)


def test_a_later_change_of_the_text_is_said(shop: Shop, client: FlaskClient, first: Dispatch) -> None:
    page = f"/marketing/dispatches/{first.id}/follow"
    assert "was changed after that sending" not in client.get(page).text
    newsletter = shop.session.get(Newsletter, first.newsletter_id)
    assert newsletter is not None
    newsletter.modified_at = max(first.created_at, first.due_at)
    newsletter.modified_at = newsletter.modified_at.replace(year=newsletter.modified_at.year + 1)
    shop.session.commit()
    assert "was changed after that sending" in client.get(page).text


@pytest.mark.rule("W12")
def test_only_whoever_may_send_may_add(shop: Shop, client: FlaskClient, first: Dispatch) -> None:
    shop.staff.flags.discard("newsletters.send")
    assert client.get(f"/marketing/dispatches/{first.id}/follow").status_code == 403
    assert post(client, first).status_code == 403
    assert "became reachable since" not in client.get(f"/marketing/dispatches/{first.id}").text


@pytest.mark.rule("W49")
def test_all_sendings_are_listed_with_progress_while_one_is_under_way(
    shop: Shop, client: FlaskClient, first: Dispatch
) -> None:
    page = f"/marketing/newsletters/{first.newsletter_id}/sendings"
    over = client.get(page, headers=HTMX).text
    assert "hx-get" not in over
    assert "to Bikers" in over
    post(client, first)
    shown = client.get(page, headers=HTMX).text
    assert f'hx-get="{page}" hx-trigger="every 5s"' in shown
    assert "to those who became reachable since" in shown
    assert client.get(page).location == f"/marketing/newsletters/{first.newsletter_id}"


def test_listing_sendings_takes_as_many_statements_for_many(shop: Shop, first: Dispatch) -> None:
    assert first.newsletter_id is not None
    counted = []
    for _ in range(2):
        shop.session.expire_all()
        with Statements(shop.plugin.engine) as statements:
            found = sendings.of_newsletter(shop.session, first.newsletter_id)
        counted.append(len(statements.texts))
        newsletter = shop.session.get(Newsletter, first.newsletter_id)
        assert newsletter is not None
        for _again in range(3):
            shop.send(newsletter)
    assert counted[0] == counted[1]
    assert [(one.reached, one.last) for one in found[-1:]] == [(1, 1)]
