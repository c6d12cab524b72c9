"""Each recipient's outcome: filtered by status and reason, searched by address, page by page, and as a file (W49)."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select, update

from tests.newsletter.test_progress import deliver
from tests.shops import Shop, Statements
from webshop_segments.administration.models import Audit
from webshop_segments.newsletter.models import Delivery, Dispatch, DispatchExclusion


@pytest.fixture
def dispatch(shop: Shop) -> Dispatch:
    """Over: 60 sent, two refused, one left out with a record, and three without."""
    shop.publish()
    shop.agreed("ada@example.com")
    made = shop.send(shop.newsletter(), control_copy=False)
    made.status = "finished"
    deliver(shop, made, ["sent"] * 60 + ["bounced", "failed", "skipped"], attempts=1)
    reasons = {61: "550 5.1.1 <p61@example.com>: no such user", 62: "554 5.7.1 spam", 63: "withdrawn"}
    for number, reason in reasons.items():
        shop.session.execute(update(Delivery).where(Delivery.number == number).values(reason=reason))
    left_out = {"dispatch_id": made.id, "reason": "never_asked", "count": 3}
    shop.session.execute(insert(DispatchExclusion), [left_out])
    key = shop.plugin.keys.address_key("email", "p7@example.com")
    shop.session.execute(update(Delivery).where(Delivery.number == 7).values(address_key=key))
    shop.session.commit()
    return made


def listed(client: FlaskClient, dispatch: Dispatch, **query: Any) -> list[str]:
    """The addresses shown."""
    answer = client.get(f"/marketing/dispatches/{dispatch.id}", query_string=query)
    assert answer.status_code == 200
    table = answer.text.partition('id="wss-recipients"')[2].partition("</section>")[0]
    return re.findall(r"[\w.…]+@example\.com", re.sub(r"<(caption|input|td).*?>.*?</\1>|<input.*?>", "", table))


@pytest.mark.rule("W49")
def test_the_list_is_filtered_by_status_and_by_reason(shop: Shop, client: FlaskClient, dispatch: Dispatch) -> None:
    assert len(listed(client, dispatch)) == 50
    assert listed(client, dispatch, status="bounced")[0] == "p61@example.com"
    assert listed(client, dispatch, status="failed", reason="554 5.7.1 ") == ["p62@example.com"]
    assert listed(client, dispatch, status="skipped", reason="withdrawn") == ["p63@example.com"]
    assert listed(client, dispatch, status="skipped", reason="pending") == []
    shown = client.get(f"/marketing/dispatches/{dispatch.id}").text
    assert f'/dispatches/{dispatch.id}?status=skipped&amp;reason=withdrawn#wss-recipients"' in shown
    assert "reason=never_asked" not in shown
    assert "reason=550+5.1.1+" in shown


@pytest.mark.rule("W49")
def test_the_next_page_goes_on_behind_the_last_row_with_the_same_filters(
    shop: Shop, client: FlaskClient, dispatch: Dispatch
) -> None:
    shown = client.get(f"/marketing/dispatches/{dispatch.id}?status=sent").text
    following = re.search(r'href="([^"]+)"[^>]*>Next page', shown)
    assert following is not None
    assert "after=50" in following[1]
    assert "status=sent" in following[1]
    rest = listed(client, dispatch, status="sent", after=50)
    assert rest == [f"p{number}@example.com" for number in range(51, 61)]


@pytest.mark.rule("W49")
@pytest.mark.rule("W53")
def test_an_address_is_searched_whole_and_only_by_whoever_may_see_addresses(
    shop: Shop, client: FlaskClient, dispatch: Dispatch
) -> None:
    assert listed(client, dispatch, address=" P7@Example.com ") == ["p7@example.com"]
    assert listed(client, dispatch, address="nobody@example.com") == []
    for wrong in ("p7", "x" * 300 + "@example.com", "\u202e@example.com", "💥"):
        answer = client.get(f"/marketing/dispatches/{dispatch.id}", query_string={"address": wrong})
        assert (answer.status_code, "is no e-mail address" in answer.text) == (200, True)
    shop.staff.flags.discard("personal_data.view")
    shown = client.get(f"/marketing/dispatches/{dispatch.id}?address=p7@example.com").text
    assert 'name="address"' not in shown
    assert len(listed(client, dispatch, address="p7@example.com")) == 50
    assert "p7@example.com" not in shown


def test_whoever_was_left_out_is_found_by_her_address_too(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    shop.agreed("off@example.com", is_active=False)
    made = shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    assert listed(client, made, address="off@example.com") == ["off@example.com"]
    assert listed(client, made, address="off@example.com", status="sent") == []


def export(client: FlaskClient, dispatch: Dispatch, **form: str) -> list[list[str]]:
    answer = client.post(f"/marketing/dispatches/{dispatch.id}/recipients", data=form)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.rule("W7")
@pytest.mark.rule("W49")
def test_the_outcomes_are_exported_as_shown_or_whole(shop: Shop, client: FlaskClient, dispatch: Dispatch) -> None:
    header, *rows = export(client, dispatch, extent="view", status="bounced")
    assert header[:2] == ["Number", "Address"]
    assert [row[1] for row in rows] == ["p61@example.com"]
    assert "no such user" in rows[0][4]
    assert len(export(client, dispatch, extent="all", status="bounced")) == 64
    assert shop.session.scalars(select(Audit.action).where(Audit.action == "list.exported")).all()


@pytest.mark.rule("W53")
def test_the_file_masks_addresses_as_the_page_does(shop: Shop, client: FlaskClient, dispatch: Dispatch) -> None:
    shop.staff.flags.discard("personal_data.view")
    text = str(export(client, dispatch, extent="all"))
    assert "p…@example.com" in text
    assert not re.search(r"p\d+@example", text)


@pytest.mark.rule("W49")
def test_the_statements_of_the_page_are_the_same_for_any_number_of_recipients(
    shop: Shop, client: FlaskClient, dispatch: Dispatch
) -> None:
    with Statements(shop.plugin.engine) as few:
        client.get(f"/marketing/dispatches/{dispatch.id}")
    shop.session.execute(delete(Delivery))
    deliver(shop, dispatch, ["sent"] * 600 + ["skipped"])
    shop.session.commit()
    with Statements(shop.plugin.engine) as many:
        client.get(f"/marketing/dispatches/{dispatch.id}")
    assert len(many.texts) == len(few.texts)


@pytest.mark.rule("W12")
def test_results_are_for_whoever_may_see_newsletters(shop: Shop, client: FlaskClient, dispatch: Dispatch) -> None:
    shop.staff.flags.discard("newsletters.view")
    assert client.get(f"/marketing/dispatches/{dispatch.id}").status_code == 403
    assert client.post(f"/marketing/dispatches/{dispatch.id}/recipients").status_code == 403
    assert client.get(f"/marketing/newsletters/{dispatch.newsletter_id}/sendings").status_code == 403


def test_a_sending_that_is_not_there_says_so(shop: Shop, client: FlaskClient) -> None:
    for answer in (client.get("/marketing/dispatches/99"), client.post("/marketing/dispatches/99/recipients")):
        assert (answer.status_code, "There is no such sending" in answer.text) == (404, True)
