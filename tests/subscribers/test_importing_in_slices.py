"""An import is done once, in slices, as fast as its confirmations leave; and thrown away when nobody wants it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tests.shops import ANNA, Shop
from tests.subscribers.files import PROOF, do_all, mails, person, proven, upload, written
from webshop_segments import clock
from webshop_segments.administration.models import Audit
from webshop_segments.errors import Refused
from webshop_segments.notices.models import Notice
from webshop_segments.subscribers import imports, work
from webshop_segments.subscribers.models import Import, ImportRow

pytestmark = pytest.mark.rule("W31")


def test_accepting_twice_imports_once_and_discarding_comes_too_late(shop: Shop) -> None:
    shop.publish()
    made = upload(shop, PROOF + proven())
    imports.accept(shop.session, made.row, ANNA)

    for late in (imports.accept, imports.discard):
        with pytest.raises(Refused) as refused:
            late(shop.session, made.row, ANNA)
        assert refused.value.status == 409
    do_all(shop)

    assert written(shop)[:2] == [1, 1]


def test_a_large_import_is_done_in_slices_and_the_history_has_its_numbers(shop: Shop) -> None:
    shop.publish()
    rows = [proven(f"p{number}@example.com") for number in range(120)]
    made = upload(shop, PROOF + "".join(rows) + "nobody,No,,,\n")
    imports.accept(shop.session, made.row, ANNA)

    assert do_all(shop) >= 3

    done = shop.session.scalars(select(Audit).where(Audit.action == "import.finished")).one()
    assert done.detail["imported"] == {"granted": 120, "pending": 0, "changed": 0, "same": 0, "refused": 1}
    assert (done.actor_name, done.object_name, made.row.status) == ("Anna", "people.csv", "done")
    assert [row.verdict for row in made.rows()] == ["refused"]


def test_confirmations_are_asked_for_as_fast_as_they_leave(shop: Shop) -> None:
    shop.publish()
    made = upload(shop, "email\n" + "".join(f"p{number}@example.com\n" for number in range(260)))
    made.accept()

    assert len(mails(shop)) == work.MOST_UNSENT
    assert made.row.status == "accepting"

    shop.session.execute(update(Notice).values(status="sent"))
    do_all(shop)
    assert len(mails(shop)) == 260
    assert made.row.status == "done"


def test_discarding_deletes_the_rows(shop: Shop) -> None:
    shop.publish()
    made = upload(shop, PROOF + proven())

    imports.discard(shop.session, made.row, ANNA)
    do_all(shop)

    assert shop.session.scalars(select(func.count()).select_from(ImportRow)).one() == 0
    assert shop.session.scalars(select(func.count()).select_from(Import)).one() == 0
    with pytest.raises(Refused):
        imports.get(shop.session, 1)


def test_what_nobody_accepted_in_a_week_is_swept_and_so_are_the_refused_rows_of_the_others(shop: Shop) -> None:
    shop.publish()
    waiting, done, young = (upload(shop, PROOF + proven(f"{name}@example.com")) for name in "abc")
    done.accept()
    week = imports.KEPT + timedelta(hours=1)
    old = Import.id.in_([waiting.row.id, done.row.id])
    past = clock.now() - week
    shop.session.execute(update(Import).where(old).values(created_at=past))
    shop.session.execute(update(Import).where(Import.id == done.row.id).values(accepted_at=past))

    assert imports.sweep(shop.session) == 2
    do_all(shop)

    assert shop.session.scalars(select(Import.id)).all() == [young.row.id]
    assert person(shop, "b@example.com")
