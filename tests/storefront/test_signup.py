"""The newsletter sign-up form: an address and a channel, a confirmation, and the same answer for any address (W28)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.shops import Statements
from tests.storefront.conftest import Front, Page
from tests.storefront.test_one_click import one_click, token_of
from webshop_segments import storefront
from webshop_segments.consent.models import ConsentState
from webshop_segments.directory.models import Subscriber
from webshop_segments.directory.people import PersonKey
from webshop_segments.storefront import newcomers

pytestmark = pytest.mark.rule("W28")

PHONE = "+4915123456789"


def form(front: Front) -> dict[str, str]:
    return front.page("/marketing/signup").hidden


def sign_up(front: Front, email: str = "nora@example.com", **fields: str) -> TestResponse:
    return front.post("/marketing/signup", form(front) | {"email": email} | (fields or {"consent_email": "1"}))


def newcomer(front: Front, email: str = "nora@example.com") -> PersonKey:
    key = front.shop.plugin.keys.address_key("email", email)
    row = front.shop.session.scalars(select(Subscriber).where(Subscriber.email_key == key)).one()
    return PersonKey("subscriber", str(row.id))


def sentence(answer: TestResponse, status: int = 422) -> str:
    assert answer.status_code == status
    return Page(answer).words


@pytest.mark.rule("C01")
@pytest.mark.rule("C08")
def test_the_form_asks_for_an_address_and_a_channel_and_ticks_none(front: Front) -> None:
    page = front.page("/marketing/signup")

    assert page.boxes == {"consent_email": False, "consent_sms": False}
    assert {field["name"] for field in page.fields} >= {"email", "phone"}
    assert "You can withdraw it at any time" in page.words
    assert "https://shop.example/privacy" in page.links
    assert "Set-Cookie" not in page.response.headers


@pytest.mark.rule("C11")
def test_the_confirmation_turns_pending_into_granted(front: Front) -> None:
    answer = sign_up(front)
    assert front.statuses(newcomer(front)) == {"email": "pending"}
    assert "please confirm there" in front.page(answer.headers["Location"]).words

    front.post(front.confirmation_link())

    assert front.statuses(newcomer(front)) == {"email": "granted"}
    assert [(record.action, record.source) for record in front.records] == [
        ("requested", "signup_form"),
        ("confirmed", "confirmation"),
    ]
    front.shop.send(front.shop.newsletter(), control_copy=False)
    front.shop.work()
    assert [message.address for message in front.shop.email.sent][-1] == "nora@example.com"
    assert front.shop.session.scalars(select(Subscriber.type)).all() == ["signup"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"email": "nora@example.com"}, "choose at least one way"),
        ({"email": "", "consent_email": "1"}, "There is no e-mail address yet"),
        ({"email": "nora", "consent_email": "1"}, "is no e-mail address"),
        ({"email": "nora@example.com\r\nBcc: x@example.com", "consent_email": "1"}, "is no e-mail address"),
        ({"email": "\u202enora@example.com", "consent_email": "1"}, "is no e-mail address"),
        ({"email": "🚲@example.com", "consent_email": "1"}, "is no e-mail address"),
        ({"email": "n" * 3000 + "@example.com", "consent_email": "1"}, "is no e-mail address"),
        ({"email": "nora@example.com", "consent_sms": "1"}, "There is no phone number yet"),
        ({"email": "nora@example.com", "consent_sms": "1", "phone": "\x00\x01"}, "is no phone number"),
        ({"email": "nora@example.com", "consent_sms": "1", "phone": "+493012345678"}, "is no mobile number"),
        ({"email": "nora@example.com", "consent_phone": "1", "phone": PHONE}, "could not be read"),
    ],
)
def test_what_cannot_be_taken_comes_back_with_a_sentence_and_its_text(
    front: Front, fields: dict[str, str], told: str
) -> None:
    answer = front.post("/marketing/signup", form(front) | fields)

    assert told in sentence(answer)
    ticked = {name for name in fields if name in ("consent_email", "consent_sms")}
    assert {name for name, checked in Page(answer).boxes.items() if checked} == ticked
    assert front.records == []
    assert list(front.notices) == []
    assert front.shop.session.scalar(select(func.count()).select_from(Subscriber)) == 0


@pytest.mark.rule("C22")
def test_calls_are_not_asked_for_without_name_and_address(front: Front) -> None:
    front.shop.publish("email", "phone")
    assert list(front.page("/marketing/signup").boxes) == ["consent_email"]

    answer = sign_up(front, consent_email="1", consent_phone="1", phone=PHONE)

    assert "could not be read" in sentence(answer)
    assert front.records == []


@pytest.mark.rule("C04")
def test_a_form_without_its_token_or_of_another_place_is_refused(front: Front) -> None:
    tick = {"email": "nora@example.com", "consent_email": "1"}
    other = front.form("guest_checkout").hidden

    assert "could not be read" in sentence(front.post("/marketing/signup", tick))
    assert "open for too long" in sentence(front.post("/marketing/signup", tick | other))
    opened = form(front)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        assert "open for too long" in sentence(front.post("/marketing/signup", tick | opened))
    assert front.records == []


def known_addresses(front: Front) -> Iterator[tuple[str, str]]:
    """An address of each kind, with what we know of it."""
    front.shop.agreed("holder@example.com")
    front.shop.customer("silent@example.com")
    stopped = front.shop.agreed("stopped@example.com")
    one_click(front, token_of(front, stopped))
    sign_up(front, "waiting@example.com")
    sign_up(front, "reader@example.com")
    front.post(front.confirmation_link())
    for _ in range(newcomers.queue.PER_DAY):
        sign_up(front, "pestered@example.com")
    for name in ("unknown", "holder", "silent", "stopped", "waiting", "reader", "pestered"):
        yield name, f"{name}@example.com"


def test_the_answer_is_the_same_whatever_is_known_about_the_address(front: Front) -> None:
    answers: dict[str, Any] = {}
    work: dict[str, int] = {}
    for name, address in list(known_addresses(front)):
        fields = form(front) | {"email": address, "consent_email": "1"}
        with Statements(front.shop.plugin.engine) as statements:
            answer = front.post("/marketing/signup", fields)
        shown = front.open("GET", answer.headers["Location"])
        headers = {key: value for key, value in answer.headers.items() if key != "Date"}
        answers[name] = (answer.status_code, answer.data, headers, shown.status_code, shown.data)
        work[name] = len(statements.texts)

    assert len({str(answer) for answer in answers.values()}) == 1
    # Also a stopwatch shows nothing: the same work is done, and a mail is written, for each of them.
    assert max(work.values()) - min(work.values()) <= 8, work


@pytest.mark.rule("C16")
def test_nobodys_consent_changes_by_somebody_typing_her_address(front: Front) -> None:
    holder = front.shop.agreed("holder@example.com")
    sign_up(front, "reader@example.com")
    front.post(front.confirmation_link())
    before = len(front.notices)

    sign_up(front, "Holder@example.com")
    sign_up(front, "reader@example.com")

    assert front.statuses(holder) == {"email": "granted"}
    assert front.statuses(newcomer(front, "reader@example.com")) == {"email": "granted"}
    confirmation, already = list(front.notices)[before:]
    assert "/c/" in (confirmation.text or "")
    assert "You get them already" in (already.text or "")
    assert "/u/" in (already.text or "")


@pytest.mark.rule("C13")
def test_a_number_is_confirmed_by_the_code_that_was_sent_to_it(front: Front) -> None:
    answer = sign_up(front, consent_email="1", consent_sms="1", phone="0151 23456789")
    page = front.page(answer.headers["Location"])
    code = {"consent_code_sms": front.code(), "newcomer": page.hidden["newcomer"]}
    assert front.statuses(newcomer(front)) == {"email": "pending", "sms": "pending"}

    wrong = front.post("/marketing/signup/code/sms", code | {"consent_code_sms": "000000"})
    assert "That is not the code we sent" in sentence(wrong)
    right = front.post("/marketing/signup/code/sms", code)

    assert "your number is confirmed" in sentence(right, 200)
    assert front.statuses(newcomer(front)) == {"email": "pending", "sms": "granted"}
    front.shop.send(front.shop.newsletter("sms"), control_copy=False)
    front.shop.work()
    assert front.shop.sms.sent[-1].address == PHONE
    assert "cannot be read" in sentence(front.post("/marketing/signup/code/sms", code | {"newcomer": "x"}))


@pytest.mark.rule("C16")
def test_a_number_that_agreed_is_not_replaced_by_another_one(front: Front) -> None:
    sign_up(front, consent_sms="1", phone=PHONE)
    person, state = newcomer(front), select(ConsentState.address)
    token = front.page("/marketing/signup/sent?code=" + code_token(front)).hidden["newcomer"]
    front.post("/marketing/signup/code/sms", {"consent_code_sms": front.code(), "newcomer": token})

    answer = sign_up(front, consent_sms="1", phone="+4915123456700")

    assert answer.status_code == 303
    assert front.statuses(person) == {"sms": "granted"}
    assert front.shop.session.scalars(state).all() == [PHONE]


def code_token(front: Front) -> str:
    answer = sign_up(front, consent_sms="1", phone=PHONE)
    return answer.headers["Location"].partition("code=")[2]


def test_someone_logged_in_is_sent_to_the_profile(front: Front) -> None:
    logged_in: list[str | None] = ["/profile"]
    storefront.profile_page(front.shop.app, lambda: logged_in[0])

    page = front.open("GET", "/marketing/signup")
    posted = front.post("/marketing/signup", {"email": "nora@example.com", "consent_email": "1"})

    assert (page.status_code, page.headers["Location"]) == (303, "/profile")
    assert (posted.status_code, posted.headers["Location"]) == (303, "/profile")
    assert front.records == []
    with front.shop.app.test_request_context():
        assert 'href="/profile"' in storefront.newsletter_signup()
        assert "<form" not in storefront.newsletter_signup()
        logged_in[0] = None
        assert "<form" in storefront.newsletter_signup()


def test_signing_up_works_in_a_shop_that_guards_its_own_forms(guarded_front: Front) -> None:
    assert sign_up(guarded_front).status_code == 303
    assert guarded_front.statuses(newcomer(guarded_front)) == {"email": "pending"}


def test_a_double_post_is_one_person(front: Front) -> None:
    fields = form(front) | {"email": "nora@example.com", "consent_email": "1"}
    for _ in range(2):
        front.post("/marketing/signup", fields)

    assert front.shop.session.scalar(select(func.count()).select_from(Subscriber)) == 1
    assert front.statuses(newcomer(front)) == {"email": "pending"}
