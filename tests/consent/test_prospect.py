"""What is said before publishing is what publishing does, channel by channel and in numbers (W25)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.consent.deeds import someone
from tests.consent.test_versions import publish
from tests.shops import ANNA, Shop
from webshop_segments.consent import prospect, state, versions
from webshop_segments.consent.default_text import default_wordings
from webshop_segments.consent.prospect import Prospect

WORDINGS = default_wordings("Test shop", "https://shop.example/privacy")


def foretold(shop: Shop, *channels: str, change: str = "editorial") -> dict[str, Prospect]:
    version = versions.draft(
        versions.current(shop.session),
        channels=channels,
        wordings=WORDINGS,
        controller="Test shop",
        change=change,
        by=ANNA,
    )
    found = {row.channel: row for row in prospect.prospects(shop.session, version)}
    assert version not in shop.session
    return found


@pytest.fixture
def crowd(shop: Shop) -> None:
    """Five people: e-mail is held by three, asked of one, withdrawn by one; SMS is held by one of the three."""
    publish(shop, channels=["email", "sms"])
    five = [someone(shop, f"p{number}@example.com") for number in range(5)]
    for person in five[:3]:
        person.give()
    five[0].give("sms")
    five[3].request()
    five[4].give()
    five[4].withdraw()


@pytest.mark.rule("W25")
@pytest.mark.parametrize(
    ("channels", "values", "fates"),
    [
        (["email", "sms", "phone"], {}, {"email": "kept", "sms": "kept", "phone": "new"}),
        (["email", "sms"], {"change": "material"}, {"email": "asked_again", "sms": "asked_again"}),
        (["sms"], {}, {"email": "removed", "sms": "kept"}),
        (["sms"], {"end_removed": True}, {"email": "removed", "sms": "kept"}),
        (["sms"], {"change": "material", "end_removed": True}, {"email": "ended", "sms": "asked_again"}),
    ],
)
@pytest.mark.usefixtures("crowd")
def test_the_numbers_said_are_the_numbers_that_come(
    shop: Shop, channels: list[str], values: dict[str, Any], fates: dict[str, str]
) -> None:
    said = foretold(shop, *channels, change=values.get("change", "editorial"))
    assert {channel: row.fate for channel, row in said.items()} == fates
    assert (said["email"].people, said["email"].pending, said["sms"].people) == (3, 1, 1)

    publish(shop, channels=channels, **values)

    totals = state.totals(shop.session)
    for channel, row in said.items():
        after = {
            "kept": {"granted": row.people, "pending": row.pending},
            "new": {},
            "asked_again": {"needs_renewal": row.people, "pending": row.pending},
            "removed": {"ended": row.people + row.pending}
            if values.get("end_removed")
            else {"granted": row.people, "pending": row.pending},
            "ended": {"ended": row.people + row.pending},
        }[row.fate]
        found = {status: count for (name, status), count in totals.items() if name == channel and status != "withdrawn"}
        assert found == {status: count for status, count in after.items() if count}


@pytest.mark.rule("W25")
@pytest.mark.usefixtures("crowd")
def test_a_channel_that_comes_back_says_who_kept_it(shop: Shop) -> None:
    publish(shop, channels=["sms"], end_removed=False)

    assert foretold(shop, "email", "sms")["email"] == Prospect("email", "kept", people=3, outdated=0, pending=1)


@pytest.mark.rule("W25")
@pytest.mark.usefixtures("crowd")
def test_who_must_renew_already_is_counted_apart(shop: Shop) -> None:
    publish(shop, channels=["email", "sms"], change="material")
    someone(shop, "new@example.com").give()

    assert foretold(shop, "email")["email"] == Prospect("email", "kept", people=1, outdated=3, pending=1)


@pytest.mark.rule("W25")
def test_before_the_first_version_nobody_is_concerned(shop: Shop) -> None:
    assert foretold(shop, "email") == {"email": Prospect("email", "new", 0, 0, 0)}
