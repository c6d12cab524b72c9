"""Companies and their employees as rows of text, the same in every run, and how many of them stand where."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from . import histories
from .histories import Histories

Rows = dict[str, list[tuple[Any, ...]]]

COLUMNS = {
    "company": "id, name, kind, tax_number, street, postal_code, city, country, status, is_active, created_at",
    "customer": (
        "id, company_id, title, first_name, last_name, email, phone, locale, birthday, email_verified, "
        "phone_verified, is_active, created_at"
    ),
    **histories.COLUMNS,
    "wss_segment_member": "segment_id, kind, ref, ref_created_at, added_at, added_by",
}

OUTCOMES = ("granted", "pending", "withdrawn", "none")
MIX = {"email": (74, 3, 15, 8), "sms": (50, 3, 17, 30), "whatsapp": (50, 3, 17, 30), "phone": (35, 2, 18, 45)}
"""Of a hundred people, how many have each outcome."""

_CUMULATED = {channel: list(accumulate(shares)) for channel, shares in MIX.items()}
_FIRST = ("Anna", "Ben", "Clara", "David", "Emil", "Frieda", "Greta", "Hans", "Ida", "Jonas", "Karla", "Leon", "Marta")
_LAST = ("Albrecht", "Bauer", "Conrad", "Dietz", "Engel", "Fischer", "Graf", "Huber", "Jansen", "Keller", "Lorenz")
_STREETS = ("Bahnhofstr.", "Gartenweg", "Hauptstr.", "Lindenallee", "Marktplatz", "Schulstr.", "Uferweg")
_CITIES = ("Aachen", "Berlin", "Bremen", "Dresden", "Erfurt", "Freiburg", "Hamburg", "Leipzig", "Mainz", "Ulm")
_DOMAINS = ["webmail.example"] * 6 + ["post.example"] * 4 + ["mailbox.example"] * 3 + [""] * 7
_COMPANY_OF_TEN = (0, 1, 1, 2, 2, 2, 3, 3, 3, 3)
_FIRST_DAY = datetime(2019, 1, 1, 8, tzinfo=UTC)


def company_of(number: int) -> int:
    """The company of the number-th person: of ten people one works alone, two, three and four together."""
    tens, rest = divmod(number - 1, 10)
    return tens * 4 + _COMPANY_OF_TEN[rest] + 1


def founded(company: int) -> datetime:
    """When a company came to the shop; the shop writes it without a zone."""
    return _FIRST_DAY + timedelta(days=company * 7919 % 1825, seconds=company * 104_729 % 36_000)


def email(number: int) -> str:
    """What the shop's column holds: a third have an address of their company's."""
    first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
    domain = _DOMAINS[number * 7919 % 9973 % len(_DOMAINS)] or f"company{company_of(number)}.example"
    return f"{first}.{last}{number}@{domain}"


def phone(number: int) -> str:
    """What the shop's column holds: a mobile number as it is written in Germany."""
    return f"0151 {number:08d}"


class People:
    """Makes rows, slice by slice from the first person on.

    :param all_agree: everybody has agreed on every channel, at an address of her own.
    :param per_company: so many work together; 0 for one to four.
    """

    def __init__(self, made: Histories, channels: Sequence[str], all_agree: bool, per_company: int = 0) -> None:
        self._histories = made
        self._channels = channels
        self._all_agree = all_agree
        self._per_company = per_company
        self._company = 0

    def company_of(self, number: int) -> int:
        """The company of the number-th person."""
        return (number - 1) // self._per_company + 1 if self._per_company else company_of(number)

    def rows(self, numbers: Iterable[int]) -> Rows:
        """The rows of these people, their companies and consents, by table."""
        rows: Rows = {name: [] for name in COLUMNS}
        for number in numbers:
            chance = random.Random(number)
            company = self.company_of(number)
            if company != self._company:
                self._company = company
                rows["company"].append(self._company_row(company, chance))
            self._person(rows, number, company, chance)
        return rows

    def _person(self, rows: Rows, number: int, company: int, chance: random.Random) -> None:
        if self._all_agree:
            outcomes, seen = dict.fromkeys(self._channels, "granted"), email(number)
            current, active = seen, True
        elif number % 500 in (0, 499):  # two colleagues share a mailbox
            outcomes, seen = dict.fromkeys(self._channels, "granted"), email(number - (number % 500 == 0))
            current, active = seen, True
        else:
            outcomes = {name: chance.choices(OUTCOMES, cum_weights=_CUMULATED[name])[0] for name in self._channels}
            seen = email(number)
            current = seen if chance.random() > 0.003 else f"new.{seen}"
            active = chance.random() > 0.01
        rows["customer"].append(self._customer_row(number, company, current, active))
        asked = founded(company) + timedelta(days=1)
        self._histories.add(rows, number, outcomes, {"email": seen, "phone": phone(number)}, asked, chance)

    def _company_row(self, company: int, chance: random.Random) -> tuple[Any, ...]:
        return (
            str(company),
            f"{chance.choice(_LAST)} & {chance.choice(_LAST)} {company}",
            "person" if company % 4 == 1 else "company",
            f"DE{company:09d}",
            f"{chance.choice(_STREETS)} {company % 120 + 1}",
            str(company % 90_000 + 10_000),
            chance.choice(_CITIES),
            "DE",
            "regular",
            "1" if self._all_agree or company % 100 != 50 else "0",
            self._histories.moment(founded(company)),
        )

    def _customer_row(self, number: int, company: int, address: str, active: bool) -> tuple[Any, ...]:
        return (
            str(number),
            str(company),
            "" if number % 30 else "Dr.",
            _FIRST[number % len(_FIRST)],
            _LAST[number % len(_LAST)],
            address,
            phone(number),
            ("de", "de_AT", "en")[number % 3],
            f"{1950 + number % 55}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
            "1",
            "1",
            "1" if active else "0",
            self._histories.moment(founded(company) + timedelta(days=1)),
        )
