"""Who of the sample shop has agreed to e-mail, read from the data by the rule their README states."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator

from webshop_segments.demo.load import DATA


def everybody() -> int:
    """All people of the shop, copies included."""
    return len(_rows("customers.csv")) + len(_rows("invented.csv"))


def agreed() -> Counter[str]:
    """How many accounts that may be mailed stand behind each address."""
    return Counter(_agreed())


def shared_address() -> str:
    """An address of two accounts that have both agreed."""
    return next(address for address, accounts in agreed().items() if accounts == 2)


def _agreed() -> Iterator[str]:
    for row in _rows("customers.csv"):
        if int(row["customer_id"]) % 3 == 0 and row["email"].isascii():
            yield row["email"]
    for row in _rows("invented.csv"):
        if "email" in row["consents"].split() and (row["active"], row["company_active"]) == ("yes", "yes"):
            local, _, domain = row["email"].partition("@")
            yield f"{local}@{domain.encode('idna').decode()}"


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
