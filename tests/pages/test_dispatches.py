"""The pages of a sending: before it, who gets it and how it looks; during it, how far it is and why it waits."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.newsletter.test_progress import deliver
from tests.shops import Shop
from webshop_segments import ChannelError, Rejected, Unknown, clock
from webshop_segments.limits import Limits
from webshop_segments.newsletter.models import Delivery, Dispatch

HTMX = {"HX-Request": "true"}


@pytest.fixture
def dispatch(shop: Shop) -> Dispatch:
    """Started, to one person; no worker has run."""
    shop.publish()
    shop.agreed("ada@example.com")
    return shop.send(shop.newsletter(), control_copy=False)


def page(shop: Shop, client: FlaskClient, dispatch: Dispatch, query: str = "") -> str:
    shop.session.commit()
    answer = client.get(f"/marketing/dispatches/{dispatch.id}{query}")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("decision", [{}, {"as": ""}, {"as": "delivered"}])
def test_a_decision_that_cannot_be_read_settles_nobody(
    shop: Shop, client: FlaskClient, dispatch: Dispatch, decision: dict[str, str]
) -> None:
    shop.email.outcomes = lambda message: Unknown(message.number, "line lost")
    shop.work()

    answer = client.post(f"/marketing/dispatches/{dispatch.id}/unknown", data={"number": "1", **decision})

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.get_data(as_text=True)
    shop.session.expire_all()
    assert shop.session.scalars(select(Delivery.status)).all() == ["unknown"]


@pytest.mark.rule("W46")
def test_before_sending_the_page_shows_who_gets_it_how_it_looks_and_how_long_it_takes(
    shop: Shop, client: FlaskClient
) -> None:
    shop.publish()
    for name in ("Ada", "Berta", "Carla", "Dora", "Emma", "Frida"):
        shop.agreed(f"{name.lower()}@example.com", first_name=name)
    shop.customer("silent@example.com")
    shop.email.limits = Limits(per_hour=60)
    newsletter = shop.newsletter()
    shop.session.commit()
    confirm = f"/marketing/newsletters/{newsletter.id}/confirm?audience=all"

    shown = client.get(confirm).text
    first = shown.partition('id="wss-first"')[2].partition("</section>")[0]
    assert first.count("<li>") == 5
    assert "Ada Young" in first
    assert "ada@example.com" in first
    assert "never agreed" in shown
    assert "Takes about" in shown
    assert "6 minutes" in shown
    assert f'src="/marketing/newsletters/{newsletter.id}/preview"' in shown
    assert "Hello Anna" in shown

    shop.staff.flags.discard("personal_data.view")
    masked = client.get(confirm).text
    assert "A… Y…" in masked
    assert "a…@example.com" in masked
    assert "Ada" not in masked
    assert "ada@" not in masked


@pytest.mark.rule("W49")
def test_the_page_shows_what_was_sent_what_is_left_at_which_rate_and_until_when(
    shop: Shop, client: FlaskClient, dispatch: Dispatch
) -> None:
    deliver(shop, dispatch, ["sent"] * 120 + ["bounced"] * 3 + ["queued"] * 1200, settled_at=clock.now())
    ago = clock.now() - timedelta(seconds=30)
    shop.session.execute(update(Delivery).where(Delivery.number <= 60).values(settled_at=ago))
    dispatch.status, dispatch.started_at = "sending", ago
    shown = page(shop, client, dispatch)
    assert "<strong>123</strong> of 1,323" in shown
    assert "<strong>120</strong> sent" in shown
    assert "<strong>1,200</strong> waiting" in shown
    assert "per second" in shown
    assert "expected end" in shown
    assert re.search(r'hx-trigger="every \d+s"', shown)
    assert f'<a href="/marketing/dispatches/{dispatch.id}">Reload</a>' in shown


def test_what_is_asked_every_two_seconds_is_the_progress_alone(
    shop: Shop, client: FlaskClient, dispatch: Dispatch
) -> None:
    shop.work()
    polled = client.get(f"/marketing/dispatches/{dispatch.id}", headers=HTMX).text
    assert polled.strip().startswith('<section id="wss-progress"')
    assert 'data-status="finished"' in polled
    assert "hx-get" not in polled
    assert "<html" not in polled
    assert "ada@example.com" not in polled


def test_the_page_says_why_it_waits_and_when_it_goes_on(shop: Shop, client: FlaskClient, dispatch: Dispatch) -> None:
    shop.email.trouble = ChannelError("mail.example:25 does not answer.")
    shop.work()
    shown = page(shop, client, dispatch)
    assert "mail.example:25 does not answer." in shown
    assert "Next attempt" in shown
    client.post(f"/marketing/dispatches/{dispatch.id}/pause")
    assert "Nothing leaves until somebody presses" in page(shop, client, dispatch)


def test_a_halted_sending_shows_the_alarms_sentence_without_the_address_it_names(
    shop: Shop, client: FlaskClient, dispatch: Dispatch
) -> None:
    words = "550 5.7.1 ada@example.com: we do not want your mail"
    shop.email.outcomes = lambda message: Rejected(message.number, words, permanent=True, about_us=True)
    shop.work()
    assert "ada@example.com: we do not want your mail" in page(shop, client, dispatch)
    shop.staff.flags.discard("personal_data.view")
    masked = page(shop, client, dispatch)
    assert "we do not want your mail" in masked
    assert "ada@example.com" not in masked


@pytest.mark.rule("E55")
def test_unknown_outcomes_are_told_with_the_way_to_decide_on_them(
    shop: Shop, client: FlaskClient, dispatch: Dispatch
) -> None:
    shop.email.outcomes = lambda message: Unknown(message.number, "the line broke")
    shop.work()
    shown = page(shop, client, dispatch)
    assert "Of 1 message nobody knows whether it arrived." in shown
    assert f'href="/marketing/dispatches/{dispatch.id}?status=unknown#wss-recipients">Decide' in shown
    listed = page(shop, client, dispatch, "?status=unknown")
    assert "ada@example.com" in listed
    assert "are sent again, perhaps for the second time" in listed


@pytest.mark.rule("W53")
def test_refusals_are_counted_by_reason_and_masked_in_the_list(
    shop: Shop, client: FlaskClient, dispatch: Dispatch
) -> None:
    words = "550 5.1.1 <ada@example.com>: no such user"
    shop.email.outcomes = lambda message: Rejected(message.number, words, permanent=True)
    shop.work()
    reasons = page(shop, client, dispatch).partition('id="wss-refusals"')[2].partition("</section>")[0]
    assert "550 5.1.1 … no such user" in reasons
    shop.staff.flags.discard("personal_data.view")
    assert "ada@example.com" not in page(shop, client, dispatch)
