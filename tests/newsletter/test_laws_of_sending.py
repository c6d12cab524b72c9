"""Two laws of the house: rows move along the table, and no transaction is open while a provider is talked to."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.shops import ANNA, Shop
from webshop_segments import Accepted, Message, Rejected, Unknown
from webshop_segments.channel import Outcome
from webshop_segments.consent import choices
from webshop_segments.directory.people import PersonKey
from webshop_segments.newsletter import dispatches
from webshop_segments.newsletter.engine.worker import Worker
from webshop_segments.newsletter.transitions import DELIVERY, DISPATCH


def test_no_transaction_is_open_while_the_channel_talks(shop: Shop) -> None:
    shop.publish()
    for number in range(5):
        shop.agreed(f"p{number}@example.com")
    shop.send(shop.newsletter())
    worker = Worker(shop.plugin)
    open_connections = []

    def look(message: Message) -> Outcome:
        open_connections.append(worker.connections_in_use())
        return Accepted(message.number)

    shop.email.outcomes = look
    worker.run_until_idle()
    worker.close()
    assert len(open_connections) == 6
    assert set(open_connections) == {0}


@pytest.mark.once
def test_deliveries_and_dispatches_move_only_along_the_transition_tables(shop: Shop) -> None:
    shop.session.execute(text("CREATE TABLE moves (kind TEXT, source TEXT, target TEXT)"))
    for kind in ("delivery", "dispatch"):
        shop.session.execute(
            text(
                f"CREATE TRIGGER log_{kind} AFTER UPDATE OF status ON wss_{kind} WHEN old.status <> new.status "
                f"BEGIN INSERT INTO moves VALUES ('{kind}', old.status, new.status); END"
            )
        )
    _everything_that_may_happen(shop)

    moves = {(kind, source, target) for kind, source, target in shop.session.execute(text("SELECT * FROM moves"))}
    tables = {"delivery": DELIVERY, "dispatch": DISPATCH}
    strays = {move for move in moves if move[2] not in tables[move[0]].get(move[1], ()) and move != _REOPENED}
    assert strays == set()
    assert len(moves) > 15


_REOPENED = ("dispatch", "finished", "sending")
"""An administrator sends again to somebody whose outcome was unknown."""


def _everything_that_may_happen(shop: Shop) -> None:
    shop.publish()
    people = {name: shop.agreed(f"{name}@example.com") for name in ("bounces", "lost", "sent", "waits", "withdraws")}
    ref = str(people["withdraws"].id)
    answers = {
        "bounces": lambda number: Rejected(number, "550 5.1.1", permanent=True),
        "lost": lambda number: Unknown(number, "line lost"),
        "waits": lambda number: Rejected(number, "451", permanent=False),
    }

    def answer(message: Message) -> Outcome:
        name = message.address.partition("@")[0]
        if name == "bounces":
            choices.withdraw(shop.session, PersonKey("contact", ref), "email", "profile", ANNA)
            shop.session.commit()
        return answers.get(name, Accepted)(message.number)

    shop.email.outcomes, shop.email.window = answer, 1
    first = shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    dispatches.pause(shop.session, first, ANNA)
    dispatches.resume(shop.session, first, ANNA)
    shop.session.execute(text("UPDATE wss_delivery SET not_before = NULL"))
    shop.session.commit()
    answers["waits"] = lambda number: Accepted(number)
    shop.work()
    lost = [row.number for row in shop.session.execute(text("SELECT number FROM wss_delivery WHERE status='unknown'"))]
    dispatches.decide_unknown(shop.session, first, lost, "queued", ANNA)
    shop.session.commit()
    shop.work()
    second = shop.send(shop.newsletter(), control_copy=False)
    shop.email.outcomes = lambda message: Rejected(message.number, "550 5.7.1", permanent=True, about_us=True)
    shop.work()
    dispatches.resume(shop.session, second, ANNA)
    dispatches.cancel(shop.session, second, ANNA)
    shop.session.commit()
