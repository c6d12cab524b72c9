"""Which newsletters use a segment: each named once, the unfinished first, then the newest."""

from __future__ import annotations

import pytest

from tests.segments.lists import partner, segment
from tests.shops import Shop, Statements
from webshop_segments.newsletter import uses
from webshop_segments.newsletter.models import DispatchSegment


@pytest.mark.rule("W1")
def test_each_newsletter_is_named_once_and_the_unfinished_first(shop: Shop) -> None:
    shop.publish()
    made = segment(shop, "Bikers", partner(shop.agreed("ada@example.com")))
    letters = [shop.newsletter(name=f"Letter {number}") for number in range(5)]
    for letter in (letters[0], letters[0], letters[1], letters[2], letters[3]):
        dispatch = shop.send(letter, made.id)
        dispatch.status = "finished"
    waiting = shop.send(letters[0], made.id)
    shop.send(letters[4])
    shop.session.flush()

    found = uses.of_segments(shop.session, [made.id])[made.id]

    assert [(use.name, use.unfinished) for use in found.named] == [
        ("Letter 0", True),
        ("Letter 3", False),
        ("Letter 2", False),
    ]
    assert (found.named[0].dispatch_id, found.total) == (waiting.id, 4)
    assert uses.unfinished_of_segments(shop.session, [made.id]) == {made.id: ["Letter 0"]}


@pytest.mark.rule("W1")
def test_newsletters_that_leave_a_segment_out_use_it_too_and_one_statement_asks_for_all(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    one, other = segment(shop, "Bikers"), segment(shop, "Hikers")
    dispatch = shop.send(shop.newsletter(name="To all but them"))
    shop.session.add(DispatchSegment(dispatch_id=dispatch.id, segment_id=one.id, name="Bikers", excluded=True))
    shop.session.flush()
    ids = [one.id, other.id]

    with Statements(shop.plugin.engine) as asked:
        found = uses.of_segments(shop.session, ids)

    assert len(asked.texts) == 1
    assert other.id not in found
    assert [(use.name, use.excluded) for use in found[one.id].named] == [("To all but them", True)]
