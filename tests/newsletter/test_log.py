"""The log has a line for each change of state and no address in clear."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.shops import ANNA, Shop
from webshop_segments import Accepted, Message, Rejected
from webshop_segments.channel import Outcome
from webshop_segments.newsletter import dispatches
from webshop_segments.newsletter.engine.worker import Worker


def test_each_step_of_a_dispatch_is_logged_without_addresses(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "webshop_segments")
    shop.publish()
    for number in range(3):
        shop.agreed(f"p{number}@example.com")

    def answer(message: Message) -> Outcome:
        if message.number < 3:
            return Accepted(message.number)
        return Rejected(message.number, f"550 5.1.1 {message.address} unknown", permanent=True)

    shop.email.outcomes = answer
    first = shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    shop.email.outcomes = lambda message: Rejected(
        message.number, f"550 5.7.1 {message.address} blocked", permanent=True, about_us=True
    )
    second = shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    dispatches.cancel(shop.session, second, ANNA)
    shop.session.commit()

    lines = [record.getMessage() for record in caplog.records]
    expected = [f"dispatch {first.id} is now sending", f"dispatch {first.id}: 1 bounced, 2 sent"]
    expected += [f"dispatch {first.id} is now finished", f"dispatch {second.id} is now halted"]
    expected += [f"dispatch {second.id} is now cancelled"]
    assert [line for line in lines if line in expected] == expected
    assert not [line for line in lines if "@" in line]


def test_a_statement_that_fails_keeps_its_values_out_of_the_log(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.publish()
    shop.agreed("secret@example.com")
    shop.send(shop.newsletter(), control_copy=False)
    shop.session.execute(text("ALTER TABLE wss_consent_state RENAME TO wss_gone"))
    shop.session.commit()
    worker = Worker(shop.plugin)
    with pytest.raises(DBAPIError, match="wss_consent_state"):
        worker.run_until_idle()
    worker.close()
    assert "secret@example.com" not in caplog.text
