"""Before a newsletter is sent the page says what it is about to do: to how many, for how much, and what is unusual."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from tests.consent.deeds import PHONE
from tests.pages.sending import dispatches, post
from tests.segments.lists import partner, segment
from tests.shops import Shop, Statements
from webshop_segments.newsletter import forecast
from webshop_segments.newsletter.models import Dispatch, Newsletter
from webshop_segments.segments.models import Segment, SegmentMember


@pytest.mark.rule("W46")
def test_where_there_are_many_the_count_arrives_after_the_page_or_on_a_page_of_its_own(
    shop: Shop, client: FlaskClient, newsletter: Newsletter
) -> None:
    chosen = segment(shop, "Bikers", partner(shop.agreed("ada@example.com", first_name="Ada"))).id
    gone = {"segment_id": chosen, "kind": "subscriber", "added_by": "Anna"}
    shop.session.execute(insert(SegmentMember), [{"ref": str(number), **gone} for number in range(forecast.FEW)])
    shop.session.commit()
    page = f"/marketing/newsletters/{newsletter.id}/confirm"
    query = f"audience=segments&segment={chosen}"

    shown = client.get(f"{page}?{query}").text
    part = re.search(r'hx-get="([^"]+)" hx-trigger="load"', shown)
    assert part is not None
    assert "Ada Young" not in shown
    assert "Send to" not in shown
    arrived = client.get(part[1].replace("&amp;", "&")).text
    assert "<html" not in arrived
    for words in ("Send to 1 person", "Ada Young", "chosen in all", 'hx-swap-oob="true"'):
        assert words in arrived
    own = re.search(r'href="([^"]+counted=1[^"]*)"', shown)
    assert own is not None
    counted = client.get(own[1].replace("&amp;", "&")).text
    assert "Send to 1 person" in counted
    assert '<input type="hidden" name="counted" value="1">' in counted
    assert "hx-get" not in counted


@pytest.mark.rule("W41")
@pytest.mark.rule("W46")
def test_the_page_warns_when_the_unsubscribe_note_is_switched_off(
    shop: Shop, client: FlaskClient, newsletter: Newsletter
) -> None:
    page = f"/marketing/newsletters/{newsletter.id}/confirm?audience=all"
    assert "unsubscribe note is switched off" not in client.get(page).text
    newsletter.with_note = False
    shop.session.commit()
    assert "unsubscribe note is switched off" in client.get(page).text


@pytest.mark.rule("W46")
def test_an_sms_shows_its_parts_and_its_cost_where_the_channel_knows_it(shop: Shop, client: FlaskClient) -> None:
    shop.publish("email", "sms")
    for number in range(2):
        shop.agreed(f"p{number}@example.com", "sms", phone=f"{PHONE[:-1]}{number}", phone_verified=True)
    made = shop.newsletter("sms", subject="", body="Ä" * 200)
    shop.session.commit()
    page = f"/marketing/newsletters/{made.id}/confirm?audience=all"
    shown = client.get(page).text
    assert "2 parts each (GSM-7), about 4 in all" in shown
    assert "Costs about" not in shown
    shop.sms.price_per_part = (Decimal("0.0789"), "EUR")  # type: ignore[attr-defined]
    assert "<dt>Costs about</dt><dd>€0.32</dd>" in client.get(page).text


@pytest.mark.rule("W48")
def test_the_page_shows_how_many_are_left_out_for_their_language(shop: Shop, client: FlaskClient) -> None:
    shop.publish()
    for name, locale in (("de", "de_DE"), ("none", None), ("fr", "fr"), ("it", "it-IT")):
        shop.agreed(f"{name}@example.com", locale=locale)
    made = shop.newsletter(language="de")
    shop.session.commit()
    shown = client.get(f"/marketing/newsletters/{made.id}/confirm?audience=all").text
    assert "<dt>Other language</dt><dd>2 people are left out</dd>" in shown
    assert "Send to 2 people" in shown


@pytest.mark.rule("W46")
def test_no_statement_of_the_confirmation_grows_with_its_rows(
    shop: Shop, client: FlaskClient, newsletter: Newsletter
) -> None:
    def statements(*ids: int) -> int:
        shop.session.commit()
        with Statements(shop.plugin.engine) as counted:
            client.get(f"/marketing/newsletters/{newsletter.id}/confirm", query_string={"segment": ids})
        return len(counted.texts)

    few = segment(shop, "Few", partner(shop.agreed("a@example.com"))).id
    others = [
        segment(shop, f"S{n}", *(partner(shop.agreed(f"p{n}.{m}@example.com")) for m in range(8))).id for n in range(5)
    ]
    assert statements(few) == statements(*others)


@pytest.mark.rule("W49")
def test_sending_again_asks_with_the_date_of_the_last_time_and_a_double_post_is_one(
    shop: Shop, client: FlaskClient, newsletter: Newsletter
) -> None:
    shop.agreed("ada@example.com")
    shop.session.commit()
    page = f"/marketing/newsletters/{newsletter.id}/confirm"
    for _ in range(2):
        assert post(client, page, audience="all").status_code == 303
    shop.work()
    answer = post(client, page, audience="all", request_key="other")
    assert (answer.status_code, "Tick that you want to send it again" in answer.text) == (409, True)
    assert "the last time on" in answer.text
    assert len(dispatches(shop)) == 1
    assert post(client, page, audience="all", request_key="other", again="y").status_code == 303
    assert len(dispatches(shop)) == 2


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_a_form_without_its_own_key_sends_nothing(
    shop: Shop, client: FlaskClient, newsletter: Newsletter, key: str
) -> None:
    shop.agreed("ada@example.com")
    shop.session.commit()
    answer = post(client, f"/marketing/newsletters/{newsletter.id}/confirm", audience="all", request_key=key)
    assert (answer.status_code, "Nothing was sent" in answer.text) == (422, True)
    assert shop.session.scalar(select(func.count()).select_from(Dispatch)) == 0


def test_a_deleted_newsletter_says_so(shop: Shop, client: FlaskClient) -> None:
    for path in ("send", "confirm", "confirm/reach"):
        answer = client.get(f"/marketing/newsletters/99/{path}")
        assert (answer.status_code, "no longer exists" in answer.text) == (404, True)
    assert shop.session.scalar(select(func.count()).select_from(Segment)) == 0
