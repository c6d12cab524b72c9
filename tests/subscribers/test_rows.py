"""What a row says, and why it is refused: one reason for each fault, nothing cut, nothing guessed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.shops import Shop
from webshop_segments import clock
from webshop_segments.subscribers import candidates
from webshop_segments.subscribers.candidates import Candidate, Unfit

pytestmark = pytest.mark.rule("W31")

ROW = {"email": "mia@example.com", "first_name": "Mia", "last_name": "Ernst"}


def read(shop: Shop, **values: str) -> Candidate:
    row = {**ROW, **values}
    return candidates.read(shop.plugin.keys, shop.plugin.settings, 2, list(row.values()), list(row))


def fault(shop: Shop, **values: str) -> tuple[str, str]:
    with pytest.raises(Unfit) as raised:
        read(shop, **values)
    return raised.value.reason, raised.value.about


def test_a_row_says_who_how_and_with_what_proof(shop: Shop) -> None:
    row = read(
        shop,
        phone="0151 23456789",
        language="Deutsch",
        channels="E-Mail, SMS",
        version="Version 3",
        time="03.05.2024 14:30",
        source="Trade fair",
    )

    assert (row.email, row.first_name, row.last_name, row.phone) == (*ROW.values(), "0151 23456789")
    assert (row.locale, row.channels, row.version, row.source) == ("de", ("email", "sms"), 3, "Trade fair")
    assert row.time == "2024-05-03T14:30:00+02:00"
    assert row.proven
    assert candidates.stored(2, candidates.to_store(row)).address_keys() == row.address_keys()


def test_without_a_channel_it_is_e_mail_and_without_proof_it_is_not_proven(shop: Shop) -> None:
    row = read(shop)

    assert (row.channels, row.proven, row.proof_begun) == (("email",), False, False)
    assert read(shop, version="1", time="2024-05-03").proof_begun


def test_first_and_last_name_may_stand_in_one_cell(shop: Shop) -> None:
    row = read(shop, first_name="", last_name="", name="Mia Sophie  Ernst")

    assert (row.first_name, row.last_name) == ("Mia Sophie", "Ernst")


@pytest.mark.parametrize(
    ("values", "reason", "about"),
    [
        ({"email": ""}, "no_email", ""),
        ({"email": "mia(at)example.com"}, "email", ""),
        ({"email": "a" * 250 + "@example.com"}, "too_long", "email"),
        ({"first_name": "M" * 121}, "too_long", "first_name"),
        ({"source": "S" * 151}, "too_long", "source"),
        ({"first_name": "Mi\x07a"}, "unreadable", "first_name"),
        ({"last_name": "Ernst\u202emoc"}, "unreadable", "last_name"),
        ({"last_name": "M\ufffdller"}, "unreadable", "last_name"),
        ({"email": "mia@example.com\u200b"}, "unreadable", "email"),
        ({"first_name": "=HYPERLINK(1)"}, "formula", "first_name"),
        ({"last_name": "@SUM(A1)"}, "formula", "last_name"),
        ({"last_name": "-2+3"}, "formula", "last_name"),
        ({"phone": "=1+1"}, "phone", ""),
        ({"phone": "12"}, "phone", ""),
        ({"channels": "sms"}, "no_phone", "sms"),
        ({"channels": "sms", "phone": "030 1234567"}, "no_mobile", ""),
        ({"channels": "pigeon"}, "channel", "pigeon"),
        ({"channels": "phone"}, "call", ""),
        ({"language": "klingonisch"}, "language", ""),
        ({"version": "newest"}, "version", "newest"),
        ({"time": "yesterday"}, "time", "yesterday"),
        ({"time": "31.02.2024"}, "time", "31.02.2024"),
        ({"time": "05/03/2024"}, "time", "05/03/2024"),
    ],
)
def test_each_fault_has_its_reason(shop: Shop, values: dict[str, str], reason: str, about: str) -> None:
    assert fault(shop, **values) == (reason, about)


def test_a_consent_of_tomorrow_is_none(shop: Shop) -> None:
    assert fault(shop, time=(clock.now() + timedelta(days=1)).isoformat()) == ("future", "")


@pytest.mark.parametrize(
    "time", ["2024-05-03", "2024-05-03T12:30:00Z", "2024-05-03 14:30:00+02:00", "3.5.2024 14:30 Uhr"]
)
def test_times_are_read_as_computers_and_as_germans_write_them(shop: Shop, time: str) -> None:
    row = read(shop, time=time)

    assert row.time is not None
    assert datetime.fromisoformat(row.time).utcoffset() is not None
    assert row.time.startswith("2024-05-03")


def test_names_of_the_world_pass(shop: Shop) -> None:
    row = read(shop, first_name="زهرا\u200cسادات", last_name="O’Connor-Ñandú 🚲")

    assert (row.first_name, row.last_name) == ("زهرا\u200cسادات", "O’Connor-Ñandú 🚲")


@pytest.mark.parametrize("cells", [["mia@example.com"], ["mia@example.com", "Mia", "Ernst", "more"]])
def test_a_row_has_a_cell_for_each_heading(shop: Shop, cells: list[str]) -> None:
    with pytest.raises(Unfit) as raised:
        candidates.read(shop.plugin.keys, shop.plugin.settings, 2, cells, list(ROW))

    assert (raised.value.reason, raised.value.about) == ("ragged", str(len(cells)))
    assert candidates.read(shop.plugin.keys, shop.plugin.settings, 2, [*ROW.values(), ""], list(ROW)).email
