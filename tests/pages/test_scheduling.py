"""A sending leaves now or at a time of the shop's clock; one that was missed for long asks before it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from tests.shops import ANNA, Shop
from webshop_segments import Refused, clock
from webshop_segments.administration.models import Audit
from webshop_segments.newsletter import dispatches, scheduling
from webshop_segments.newsletter.models import Dispatch
from webshop_segments.notices.models import Notice

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2027, 3, 20, 13, 5, 30, tzinfo=UTC)
"""A week before the clocks go forward; 14:05 in Berlin."""


@pytest.fixture
def at() -> Iterator[Callable[[datetime], Any]]:
    """Sets the clock, which then stands still."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller.move_to


@pytest.fixture
def confirm(shop: Shop, at: Any) -> str:
    """The page that asks whether to send to the one person who agreed."""
    shop.publish()
    shop.agreed("a@example.com")
    newsletter = shop.newsletter()
    shop.session.commit()
    return f"/marketing/newsletters/{newsletter.id}/confirm"


def only(shop: Shop) -> Dispatch:
    shop.session.expire_all()
    return shop.session.scalars(select(Dispatch)).one()


def actions(shop: Shop) -> list[str]:
    return [action for action in shop.session.scalars(select(Audit.action)) if action.startswith("dispatch.")]


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "due_at"),
    [
        ("2027-03-27T09:00", datetime(2027, 3, 27, 8, 0, tzinfo=UTC)),
        ("2027-03-28T03:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("2027-10-31T02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        ("2027-12-24 09:30", datetime(2027, 12, 24, 8, 30, tzinfo=UTC)),
        ("2027-12-24T09:30:00", datetime(2027, 12, 24, 8, 30, tzinfo=UTC)),
        ("2027-03-20T14:05", datetime(2027, 3, 20, 13, 5, tzinfo=UTC)),
    ],
    ids=["a winter day", "after the gap", "first of two", "typed", "with seconds", "this minute"],
)
def test_a_time_is_read_by_the_shops_clock(at: Any, text: str, due_at: datetime) -> None:
    assert scheduling.parse_local(text, BERLIN) == due_at


IMPOSSIBLE = {
    "2027-03-28T02:30": "skips this time",
    "2027-03-20T14:04": "This time is past",
    "0001-01-01T00:00": "This time is past",
    "2029-03-21T14:06": "more than two years",
    "9999-12-31T23:59": "more than two years",
    "2027-03-28": "no date with a time",
    "2027-03-28T25:00": "no date with a time",
    "2027-03-28T09:00+05:00": "no date with a time",
    "tomorrow": "no date with a time",
    "": "Choose a date and a time",
}


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_a_time_that_cannot_be_is_refused_with_a_sentence_beside_the_field(
    shop: Shop, confirm: str, client: FlaskClient, text: str
) -> None:
    answer = client.post(confirm, data={"audience": "all", "request_key": "k", "when": "later", "due_at": text})
    assert answer.status_code == 422
    assert IMPOSSIBLE[text] in answer.text.partition('id="due_at-error"')[2].partition("</div>")[0]
    assert shop.session.scalar(select(func.count()).select_from(Dispatch)) == 0


def test_a_time_beside_now_is_asked_about_instead_of_sent_at_once(
    shop: Shop, confirm: str, client: FlaskClient
) -> None:
    form = {"audience": "all", "request_key": "k", "when": "now", "due_at": "2027-03-27T09:00"}
    answer = client.post(confirm, data=form)
    assert answer.status_code == 422
    assert "“Now” is chosen" in answer.text
    assert 'value="2027-03-27T09:00"' in answer.text
    assert shop.session.scalar(select(func.count()).select_from(Dispatch)) == 0


def test_a_scheduled_sending_shows_its_time_and_is_sent_at_once_moved_or_cancelled(
    shop: Shop, confirm: str, client: FlaskClient
) -> None:
    form = {"audience": "all", "request_key": "k", "when": "later", "due_at": "2027-03-27T09:00"}
    answer = client.post(confirm, data=form, follow_redirects=True)
    assert "leaves on Mar 27, 2027, 9:00" in answer.text
    assert "It leaves on Mar 27, 2027, 9:00" in answer.text
    assert only(shop).due_at == datetime(2027, 3, 27, 8, tzinfo=UTC)

    page = f"/marketing/dispatches/{only(shop).id}"
    assert client.post(f"{page}/reschedule", data={"due_at": "2027-03-01T09:00"}).status_code == 422
    assert only(shop).due_at == datetime(2027, 3, 27, 8, tzinfo=UTC)
    answer = client.post(f"{page}/reschedule", data={"due_at": "2027-03-28T09:00"}, follow_redirects=True)
    assert "It leaves on Mar 28, 2027, 9:00" in answer.text
    client.post(f"{page}/now")
    assert only(shop).due_at == NOW
    assert "The recipients are being gathered." in client.get(page).text
    client.post(f"{page}/cancel")
    assert only(shop).status == "cancelled"
    for verb, data in (("now", {}), ("reschedule", {"due_at": "2027-03-29T09:00"})):
        answer = client.post(f"{page}/{verb}", data=data)
        assert (answer.status_code, "moved on" in answer.text) == (409, True)
    started = ["started", "scheduled", "rescheduled", "sent_now", "cancelled"]
    assert actions(shop) == [f"dispatch.{action}" for action in started]


def test_the_same_form_posted_twice_schedules_one_sending(shop: Shop, confirm: str, client: FlaskClient) -> None:
    for due_at in ("2027-03-27T09:00", "2027-03-28T09:00"):
        client.post(confirm, data={"audience": "all", "request_key": "k", "when": "later", "due_at": due_at})
    assert only(shop).due_at == datetime(2027, 3, 27, 8, tzinfo=UTC)
    assert actions(shop) == ["dispatch.started", "dispatch.scheduled"]


def test_a_sending_is_due_from_its_time_on_for_an_hour_and_asks_after_that(shop: Shop, confirm: str, at: Any) -> None:
    dispatch = shop.send(shop.newsletter())
    due_at = dispatch.due_at

    def state() -> tuple[bool, bool]:
        found = shop.session.scalars(select(Dispatch.id).where(scheduling.due())).all()
        return found == [dispatch.id], scheduling.overdue(dispatch)

    at(due_at - timedelta(seconds=1))
    assert state() == (False, False)
    at(due_at + scheduling.GRACE)
    assert state() == (True, False)
    at(due_at + scheduling.GRACE + timedelta(seconds=1))
    assert state() == (False, True)
    dispatches.cancel(shop.session, dispatch, ANNA)
    assert state() == (False, False)


def test_a_missed_sending_asks_and_the_shop_gets_one_mail(
    shop: Shop, confirm: str, client: FlaskClient, at: Any
) -> None:
    shop.send(shop.newsletter())
    at(NOW + timedelta(hours=2))
    assert [scheduling.ask(shop.session, shop.plugin) for _ in range(3)] == [1, 0, 0]
    shop.session.commit()
    mail = shop.session.scalars(select(Notice)).one()
    assert (mail.kind, mail.address, mail.subject) == ("alarm", "shop@shop.example", "Not sent: Spring")
    page = f"/marketing/dispatches/{only(shop).id}"
    assert f"https://shop.example{page}" in (mail.text or "")
    assert "Mar 20, 2027" in (mail.text or "")

    answer = client.get(page).text
    assert "Shall it still be sent?" in answer
    assert 'data-status="missed"' in answer
    assert "Send now" in answer
    assert "Cancel the sending" in answer
    client.post(f"{page}/now")
    assert (only(shop).trouble, scheduling.overdue(only(shop))) == ("", False)
    assert scheduling.ask(shop.session, shop.plugin) == 0


def test_a_sending_that_is_missed_again_is_told_again(shop: Shop, confirm: str, at: Any) -> None:
    dispatch = shop.send(shop.newsletter())
    for day in (1, 2):
        at(NOW + timedelta(days=day))
        assert scheduling.ask(shop.session, shop.plugin) == 1
        scheduling.reschedule(shop.session, dispatch, clock.now() + timedelta(hours=1), ANNA)
    assert shop.session.scalar(select(func.count()).select_from(Notice)) == 2


def test_without_an_address_of_the_shop_a_missed_sending_still_asks(shop: Shop, confirm: str, at: Any) -> None:
    shop.send(shop.newsletter())
    object.__setattr__(shop.plugin.settings, "shop_email", None)
    at(NOW + timedelta(hours=2))
    assert scheduling.ask(shop.session, shop.plugin) == 1
    assert shop.session.scalar(select(func.count()).select_from(Notice)) == 0


def test_what_a_worker_has_taken_is_not_scheduled_any_more(shop: Shop, confirm: str) -> None:
    dispatch = shop.send(shop.newsletter())
    shop.session.execute(update(Dispatch).values(status="preparing"))
    with pytest.raises(Refused, match="moved on"):
        scheduling.send_now(shop.session, dispatch, ANNA)
    with pytest.raises(Refused, match="moved on"):
        scheduling.reschedule(shop.session, dispatch, clock.now(), ANNA)


@pytest.mark.rule("W12")
def test_without_the_permission_nobody_sends_or_moves(shop: Shop, confirm: str, client: FlaskClient) -> None:
    dispatch = shop.send(shop.newsletter())
    shop.staff.flags.discard("newsletters.send")
    for verb in ("now", "reschedule"):
        assert client.post(f"/marketing/dispatches/{dispatch.id}/{verb}").status_code == 403
    assert "Send now" not in client.get(f"/marketing/dispatches/{dispatch.id}").text
