"""What keeps the sign-up form from being a weapon: limits per address, connection and shop, and a trap for programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.storefront.conftest import Front
from tests.storefront.test_signup import form, newcomer, sentence, sign_up
from webshop_segments.storefront import newcomers

pytestmark = pytest.mark.rule("W28")


@pytest.mark.rule("C12")
def test_an_address_gets_three_mails_a_day_and_its_last_link_stays_good(front: Front) -> None:
    answers = [sign_up(front).status_code for _ in range(5)]

    assert answers == [303] * 5
    assert len(front.notices) == 3
    front.post(front.confirmation_link())
    assert front.statuses(newcomer(front)) == {"email": "granted"}


@pytest.mark.rule("C12")
def test_one_connection_signs_up_so_many_addresses_an_hour_and_others_go_on(front: Front) -> None:
    fields = form(front) | {"consent_email": "1"}
    for number in range(newcomers.PER_HOUR):
        assert front.post("/marketing/signup", fields | {"email": f"n{number}@example.com"}).status_code == 303

    late = fields | {"email": "late@example.com"}
    assert "many sign-ups from your connection" in sentence(front.post("/marketing/signup", late), 429)
    elsewhere = front.post("/marketing/signup", late, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert elsewhere.status_code == 303
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61)):
        assert front.post("/marketing/signup", late).status_code == 303


def test_a_program_that_fills_in_every_field_gets_the_same_answer_and_nothing_is_stored(front: Front) -> None:
    right = sign_up(front)
    before = len(front.records)

    robot = sign_up(front, "robot@example.com", consent_email="1", website="https://spam.example")

    assert (robot.status_code, robot.data, robot.headers["Location"]) == (303, right.data, right.headers["Location"])
    assert len(front.records) == before
    assert "<div hidden>" in front.page("/marketing/signup").html


@pytest.mark.rule("T06")
def test_codes_by_sms_are_limited_in_the_whole_shop(front: Front) -> None:
    fields = form(front) | {"consent_sms": "1"}
    answers = []
    for number in range(newcomers.CODES_PER_HOUR + 1):
        posted = fields | {"email": f"n{number}@example.com", "phone": f"+49151234567{number:02d}"}
        where = {"REMOTE_ADDR": f"203.0.113.{number}"}
        answers.append(front.post("/marketing/signup", posted, environ_base=where).status_code)

    assert answers == [303] * newcomers.CODES_PER_HOUR + [429]
