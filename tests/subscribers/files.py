"""CSV files, and what an import makes of them, in few words."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from sqlalchemy import func, select

from tests.shops import ANNA, Shop
from webshop_segments.access import Actor
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.directory.models import Subscriber
from webshop_segments.directory.people import SUBSCRIBER, PersonKey
from webshop_segments.notices.models import Notice
from webshop_segments.subscribers import imports, reading, work
from webshop_segments.subscribers.models import Import, ImportRow

PROOF = "email,first name,version,time,source\n"
"""A header with all that a consent needs."""


def proven(
    email: str = "mia@example.com", name: str = "Mia", version: str = "1", time: str = "2024-05-03 14:30"
) -> str:
    """A row under :data:`PROOF`."""
    return f"{email},{name},{version},{time},Trade fair\n"


@dataclass(frozen=True)
class Uploaded:
    """An import and ways to look at it."""

    shop: Shop
    row: Import

    def rows(self) -> list[ImportRow]:
        """All rows by line, without what is known of the file."""
        session = self.shop.session
        found = select(ImportRow).where(ImportRow.import_id == self.row.id, ImportRow.line > 0)
        return list(session.scalars(found.order_by(ImportRow.line)))

    def verdicts(self) -> list[tuple[int, str, str]]:
        """Line, verdict and reason."""
        return [(row.line, row.verdict, row.reason) for row in self.rows()]

    def accept(self, by: Actor = ANNA) -> None:
        """Accept it and do all the work."""
        imports.accept(self.shop.session, self.row, by)
        do_all(self.shop)


def do_all(shop: Shop) -> int:
    """Work until nothing is left; returns the number of slices."""
    slices = 0
    while work.step(shop.session, shop.plugin):
        shop.session.commit()
        slices += 1
    shop.session.commit()
    shop.session.expire_all()
    return slices


def upload(shop: Shop, content: str | bytes, name: str = "people.csv") -> Uploaded:
    """Upload a file and read it."""
    file = BytesIO(content.encode() if isinstance(content, str) else content)
    how = reading.layout(file)
    row = imports.begin(shop.session, name, how, ANNA)
    for _slice in imports.store(shop.session, row, file, how):
        shop.session.commit()
    do_all(shop)
    return Uploaded(shop, row)


def person(shop: Shop, email: str) -> PersonKey:
    """The subscriber with an address."""
    row = shop.session.scalars(select(Subscriber).where(Subscriber.email == email)).one()
    return PersonKey(SUBSCRIBER, str(row.id))


def mails(shop: Shop) -> list[str]:
    """Whom a confirmation was written to."""
    return list(shop.session.scalars(select(Notice.address).where(Notice.kind == "confirmation").order_by(Notice.id)))


def written(shop: Shop) -> list[int]:
    """How many subscribers, records and mails there are."""
    counts = [select(func.count()).select_from(table) for table in (Subscriber, ConsentRecord, Notice)]
    return [shop.session.scalars(count).one() for count in counts]
