"""Send newsletter: segments are chosen and excluded among hundreds; none is everybody, an empty one is nobody."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.pages.sending import dispatches, post
from tests.segments.lists import partner, segment
from tests.shops import Shop, Statements
from webshop_segments.newsletter.models import Newsletter


@pytest.mark.rule("W42")
def test_of_five_hundred_segments_a_page_is_shown_and_what_is_ticked_stays_ticked(
    shop: Shop, client: FlaskClient, newsletter: Newsletter
) -> None:
    rows = [segment(shop, f"Segment {number:03}") for number in range(500)]
    first, last = rows[0].id, rows[-1].id
    shop.session.commit()
    page = f"/marketing/newsletters/{newsletter.id}/send"

    with Statements(shop.plugin.engine) as statements:
        shown = client.get(page).text
    assert 'class="wss-count">500<' in shown
    assert shown.count('name="segment"') == shown.count('name="excluded"') == 50
    assert len(statements.texts) <= 8
    following = re.search(r'name="after" value="(\d+)"', shown)
    assert following is not None

    shown = client.get(f"{page}?audience=segments&segment={first}&excluded={last}&after={following[1]}").text
    assert "Segment 050" in shown
    assert f'<input type="hidden" name="segment" value="{first}">' in shown
    assert f'<input type="hidden" name="excluded" value="{last}">' in shown
    assert "but not Segment 499" in shown
    shown = client.get(f"{page}?segment={first}&q=segment+499").text
    assert shown.count('name="excluded"') == 1
    assert f'<input type="hidden" name="segment" value="{first}">' in shown


@pytest.mark.rule("W42")
def test_the_segments_are_listed_with_their_members(shop: Shop, client: FlaskClient, newsletter: Newsletter) -> None:
    segment(shop, "Bikers", *(partner(shop.company(f"C{number}")) for number in range(3)))
    shop.session.commit()
    shown = client.get(f"/marketing/newsletters/{newsletter.id}/send").text
    row = shown.partition("Bikers</label>")[2].partition("</tr>")[0]
    assert '<td class="wss-num">3</td>' in row


@pytest.mark.rule("W43")
def test_no_segment_is_everybody_said_clearly_and_an_empty_one_is_nobody(
    shop: Shop, client: FlaskClient, newsletter: Newsletter
) -> None:
    shop.agreed("ada@example.com")
    empty = segment(shop, "Empty")
    shop.session.commit()
    page = f"/marketing/newsletters/{newsletter.id}"
    assert "No segment chosen: all subscribers" in client.get(f"{page}/send").text
    shown = client.get(f"{page}/confirm?audience=all").text
    assert "Everybody who agreed to E-mail" in shown
    assert "Send to 1 person" in shown
    shown = client.get(f"{page}/confirm?audience=segments&segment={empty.id}").text
    assert "Nobody would get it" in shown
    assert "Send to" not in shown
    assert post(client, f"{page}/confirm", audience="segments", segment=empty.id).status_code == 409
    answer = client.get(f"{page}/confirm?audience=segments")
    assert answer.status_code == 302
    assert "No segment is ticked" in client.get(answer.location).text
    assert dispatches(shop) == []


@pytest.mark.rule("W43")
@pytest.mark.parametrize("wrong", ["x", "-1", "1.5", "9" * 30, "1 or 1", "１", "💥", "\u202e1"])
def test_a_segment_that_cannot_be_read_never_means_everybody(
    shop: Shop, client: FlaskClient, newsletter: Newsletter, wrong: str
) -> None:
    shop.agreed("ada@example.com")
    shop.session.commit()
    page = f"/marketing/newsletters/{newsletter.id}"
    for name in ("segment", "excluded"):
        for answer in (
            client.get(f"{page}/confirm", query_string={name: wrong}),
            client.get(f"{page}/send", query_string={name: wrong}),
            post(client, f"{page}/confirm", **{name: wrong}),
        ):
            assert (answer.status_code, "cannot be read" in answer.text) == (422, True)
    assert dispatches(shop) == []


@pytest.mark.rule("W51")
def test_an_excluded_segment_is_chosen_confirmed_with_its_count_and_kept_by_name(
    shop: Shop, client: FlaskClient, newsletter: Newsletter
) -> None:
    ada = shop.agreed("ada@example.com")
    shop.agreed("bob@example.com")
    outside = segment(shop, "Competitors", partner(ada))
    shop.session.commit()
    page = f"/marketing/newsletters/{newsletter.id}/confirm"

    shown = client.get(f"{page}?audience=all&excluded={outside.id}").text
    assert "<dt>But not</dt><dd>Competitors</dd>" in shown
    assert re.search(r'in an excluded segment</th><td class="wss-num">1</td>', shown)
    assert "Send to 1 person" in shown
    assert f'<input type="hidden" name="excluded" value="{outside.id}">' in shown
    answer = post(client, page, audience="all", excluded=outside.id, control_copy="y")
    assert answer.status_code == 303
    (made,) = dispatches(shop)
    assert [(row.name, row.excluded) for row in made.segments] == [("Competitors", True)]
    shop.work()
    assert {message.address for message in shop.email.sent} == {"bob@example.com", "shop@shop.example"}
    shown = client.get(answer.location).text
    assert "to everybody who agreed, but not to Competitors" in shown
    assert "status=skipped&amp;reason=excluded_segment" in shown


@pytest.mark.rule("W51")
def test_a_segment_both_chosen_and_excluded_or_deleted_meanwhile_is_said_before_and_refused(
    shop: Shop, client: FlaskClient, newsletter: Newsletter
) -> None:
    both = segment(shop, "Both", partner(shop.agreed("ada@example.com"))).id
    shop.session.commit()
    page = f"/marketing/newsletters/{newsletter.id}/confirm"
    for chosen, excluded, sentence in ((both, both, "both chosen and excluded"), (both, both + 1, "no longer exists")):
        query = {"audience": "segments", "segment": chosen, "excluded": excluded}
        shown = client.get(page, query_string=query)
        assert (shown.status_code, sentence in shown.text, "Send to" in shown.text) == (200, True, False)
        answer = post(client, page, **query)
        assert (answer.status_code, sentence in answer.text) == (409, True)
    assert dispatches(shop) == []
