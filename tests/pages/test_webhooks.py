"""Twilio's posts: what became of a message, and STOP; signed for the address customers know, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from tests.newsletter.returned import Sent, consents, events, send, suppressed
from tests.shops import Shop, make_shop
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.newsletter.replies import receipts
from webshop_segments.settings import Settings

TOKEN = "very-secret-token"
ACCOUNT = {"WSS_TWILIO_ACCOUNT": "AC" + "0" * 32, "WSS_TWILIO_TOKEN": TOKEN}
NUMBER = "+4915123456789"
SID = "SM" + "1" * 32


@dataclass
class Twilio:
    """Posts as Twilio does, from outside, to a shop that protects its own forms against forgery."""

    shop: Shop

    def post(
        self, path: str, form: dict[str, str], *, token: str = TOKEN, signed: dict[str, str] | None = None,
        base: str = "https://shop.example", **request: str,
    ) -> TestResponse:  # fmt: skip
        signature = RequestValidator(token).compute_signature(base + path, form if signed is None else signed)
        headers = {"X-Twilio-Signature": signature, **request}
        return self.shop.app.test_client().post(path, data=form, headers=headers)

    def reports(self, sent: Sent, status: str, code: str = "", **values: str) -> TestResponse:
        form = {"MessageSid": SID, "MessageStatus": status, "ErrorCode": code, "ToCountry": "DE"} | values
        return self.post(f"/marketing/twilio/status/{sent.dispatch.id}/1", form)

    def passes_on(self, text: str, sender: str = NUMBER, **values: str) -> TestResponse:
        return self.post("/marketing/twilio/incoming", {"MessageSid": SID, "From": sender, "Body": text} | values)


@pytest.fixture
def twilio(database_url: str, host_schema: str | None) -> Iterator[Twilio]:
    made = make_shop(database_url, schema=host_schema, csrf=True, config=ACCOUNT)
    with made.app.app_context():
        made.plugin.check_stamp()
        made.publish("email", "sms", "whatsapp")
        yield Twilio(made)
        made.db.session.remove()
        made.plugin.engine.dispose()


@pytest.fixture
def sent(twilio: Twilio) -> Sent:
    """One SMS, of which Twilio's SID is known."""
    twilio.shop.agreed("ada@example.com", "sms", phone=NUMBER)
    message = send(twilio.shop, "sms")
    message.becomes("sent", provider_id=SID)
    return message


def test_the_address_given_to_twilio_is_the_one_that_answers(twilio: Twilio, sent: Sent) -> None:
    url = receipts.status_url(twilio.shop.plugin.settings, sent.dispatch.id, 1)
    assert url is not None
    path = url.removeprefix("https://shop.example")
    assert twilio.post(path, {"MessageSid": SID, "MessageStatus": "delivered"}).status_code == 204
    assert sent.row.status == "delivered"


def test_a_shop_on_loopback_gives_twilio_no_address() -> None:
    config = {"WSS_PUBLIC_URL": "http://localhost:5000"}
    assert receipts.status_url(Settings.read(config), 1, 1) is None


@pytest.mark.rule("T20")
def test_whatever_twilio_has_not_signed_is_refused_and_changes_nothing(twilio: Twilio, sent: Sent) -> None:
    path = f"/marketing/twilio/status/{sent.dispatch.id}/1"
    form = {"MessageSid": SID, "MessageStatus": "delivered"}
    client = twilio.shop.app.test_client()
    answers = [
        client.post(path, data=form),
        client.post(path, data=form, headers={"X-Twilio-Signature": ""}),
        client.post(path, data=form, headers={"X-Twilio-Signature": "ü" * 28}),
        twilio.post(path, form, token="another"),
        twilio.post(path, form | {"MessageStatus": "failed"}, signed=form),
        twilio.post(path, form | {"ErrorCode": "30005"}, signed=form),
        twilio.post(path + "?a=b", form, base="https://evil.example"),
        client.post("/marketing/twilio/incoming", data={"From": NUMBER, "Body": "STOP"}),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert (sent.row.status, events(twilio.shop), suppressed(twilio.shop)) == ("sent", 0, [])


@pytest.mark.rule("T20")
def test_a_shop_without_twilio_is_closed(shop: Shop) -> None:
    answer = Twilio(shop).post("/marketing/twilio/incoming", {"From": NUMBER, "Body": "STOP"}, token="")
    assert (answer.status_code, suppressed(shop)) == (403, [])


@pytest.mark.rule("T21")
def test_the_signature_is_for_the_public_address_wherever_the_request_comes_in(twilio: Twilio, sent: Sent) -> None:
    form = {"MessageSid": SID, "MessageStatus": "delivered"}
    path = f"/marketing/twilio/status/{sent.dispatch.id}/1?tag=a%20b"
    spoofed = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    assert twilio.post(path, form, base="https://evil.example", **spoofed).status_code == 403
    assert twilio.post(path, form, **spoofed).status_code == 204
    assert twilio.post(path, form, base="https://shop.example:443").status_code == 204


@pytest.mark.rule("T25")
def test_only_small_posts_are_read(twilio: Twilio) -> None:
    assert twilio.passes_on("x" * 100_000).status_code == 413
    assert twilio.shop.app.test_client().get("/marketing/twilio/incoming").status_code == 405


@pytest.mark.rule("T23")
@pytest.mark.parametrize(
    ("statuses", "final"),
    [(("queued", "sent", "undelivered"), "bounced"), (("accepted", "sent", "delivered"), "delivered")],
)
def test_statuses_may_come_in_any_order_and_twice(
    twilio: Twilio, sent: Sent, statuses: tuple[str, ...], final: str
) -> None:
    for number, order in enumerate(permutations(statuses)):
        sent.becomes("sent", provider_id=None)
        for status in order * 2:
            code = "30003" if status == "undelivered" else ""
            assert twilio.reports(sent, status, code, MessageSid=f"SM{number:032}").status_code == 204
        assert sent.row.status == final
        assert events(twilio.shop) == 2 * (number + 1)


@pytest.mark.rule("T04")
@pytest.mark.rule("T24")
def test_twilios_word_settles_a_message_whose_sid_never_reached_us(twilio: Twilio, sent: Sent) -> None:
    sent.becomes("unknown", provider_id=None)
    twilio.reports(sent, "sent")
    assert (sent.row.status, sent.row.provider_id) == ("sent", SID)
    twilio.reports(sent, "read")
    assert sent.row.status == "delivered"


@pytest.mark.rule("E63")
@pytest.mark.rule("T32")
@pytest.mark.parametrize(
    ("code", "reasons", "status"),
    [
        ("30005", ["bounced"], "granted"),
        ("21610", ["withdrawn"], "withdrawn"),
        ("30007", [], "granted"),
        ("99999", [], "granted"),
        ("<script>", [], "granted"),
        ("", [], "granted"),
    ],
)
def test_an_undelivered_message_silences_the_number_only_for_what_is_wrong_with_it(
    twilio: Twilio, sent: Sent, code: str, reasons: list[str], status: str
) -> None:
    twilio.reports(sent, "undelivered", code)
    assert (sent.row.status, sent.row.reason) == ("bounced", f"{code} undelivered".strip())
    assert suppressed(twilio.shop) == reasons
    assert list(consents(twilio.shop).values()) == [status]


def test_a_report_on_an_unknown_message_gets_the_same_answer(twilio: Twilio, sent: Sent) -> None:
    form = {"MessageSid": SID, "MessageStatus": "delivered"}
    for place in ("1/999", "999/1", f"{10**17}/1"):
        assert twilio.post(f"/marketing/twilio/status/{place}", form).status_code == 204
    assert twilio.reports(sent, "delivered", MessageSid="").status_code == 204
    assert events(twilio.shop) == 0


@pytest.mark.rule("T26")
@pytest.mark.rule("T27")
@pytest.mark.parametrize(
    "text",
    ["STOP", "stop", " Stop \n", "STOP.", "STOP PLEASE", "Stopp", "STOPALL", "please stop", "ARRET", "arrêt", "WYPISZ",
     "CANCELLA", "Unsubscribe!", "END", "opt-out", "bitte stop, keine SMS mehr"],
)  # fmt: skip
def test_who_says_stop_gets_no_more_messages(twilio: Twilio, sent: Sent, text: str) -> None:
    answer = twilio.passes_on(text)
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/xml", "<Response/>")
    assert suppressed(twilio.shop) == ["withdrawn"]
    record = twilio.shop.session.scalars(select(ConsentRecord).where(ConsentRecord.action == "withdrawn")).one()
    assert (record.source, record.channel) == ("sms_stop", "sms")
    assert record.evidence is not None
    assert record.evidence.form == SID


@pytest.mark.rule("T29")
@pytest.mark.parametrize(
    "text", ["START", "YES", "HELP", "when does the shop stop", "the end is near", "{{ 7*7 }}<script>", "", "\0"]
)
def test_other_texts_change_nothing(twilio: Twilio, sent: Sent, text: str) -> None:
    assert twilio.passes_on(text).status_code == 200
    assert suppressed(twilio.shop) == []
    assert list(consents(twilio.shop).values()) == ["granted"]


@pytest.mark.rule("T26")
def test_twilios_own_reading_of_a_text_counts_before_ours(twilio: Twilio, sent: Sent) -> None:
    twilio.passes_on("STOP", OptOutType="HELP")
    assert suppressed(twilio.shop) == []
    twilio.passes_on("Nein danke", OptOutType="STOP")
    assert suppressed(twilio.shop) == ["withdrawn"]


@pytest.mark.rule("T30")
@pytest.mark.rule("T45")
def test_stop_ends_the_consent_of_everybody_with_the_number_on_its_channel_only(twilio: Twilio) -> None:
    for email in ("ada@example.com", "bob@example.com"):
        twilio.shop.agreed(email, "sms", "whatsapp", phone=NUMBER)
    twilio.passes_on("STOP", f"whatsapp:{NUMBER}")
    withdrawn = twilio.shop.session.scalars(select(ConsentRecord).where(ConsentRecord.action == "withdrawn")).all()
    assert [record.channel for record in withdrawn] == ["whatsapp", "whatsapp"]


@pytest.mark.parametrize("sender", ["", "12345", "Shop", "whatsapp:", "messenger:123", "+49<script>"])
def test_a_sender_without_a_number_is_nobody(twilio: Twilio, sender: str) -> None:
    assert twilio.passes_on("STOP", sender).status_code == 200
    assert suppressed(twilio.shop) == []
