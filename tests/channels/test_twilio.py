"""Twilio's requests and answers, one case for each row of its table of errors."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.channels.conftest import LATER, word
from tests.channels.fake_twilio import ACCOUNT, TOKEN, Detour, FakeTwilio, error
from webshop_segments.channel import Accepted, Message, Outcome, Rejected
from webshop_segments.errors import ChannelError
from webshop_segments.newsletter.channels.twilio import TwilioChannel

pytestmark = pytest.mark.once

SERVICE = "MG" + "1" * 32


def outcome(client: Any, text: str = "Hallo Grüße 🙂", own: str = "+4930123", sender: str | None = None) -> Outcome:
    channel = TwilioChannel(ACCOUNT, TOKEN, own, http_client=client)
    with channel.open() as opened:
        [outcome] = opened.send([Message(5, "+4915112345678", text.encode(), sender)], LATER)
    assert outcome.number == 5
    return outcome


@pytest.mark.rule("T01")
def test_a_message_is_one_request_with_the_account_s_login() -> None:
    client = FakeTwilio()
    assert outcome(client) == Accepted(5, "SM" + "4915112345678".rjust(32, "0"))
    [(method, path, data, auth)] = client.requests
    assert (method, path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert data == {"To": "+4915112345678", "From": "+4930123", "Body": "Hallo Grüße 🙂"}
    assert auth == (ACCOUNT, TOKEN)


@pytest.mark.rule("T24")
def test_twilio_is_told_where_to_report_later() -> None:
    client = FakeTwilio()
    url = "https://shop.example/marketing/twilio/status/3/5"
    with TwilioChannel(ACCOUNT, TOKEN, "+4930123", http_client=client).open() as opened:
        list(opened.send([Message(5, "+4915112345678", b"Hello", status_url=url)], LATER))
    [(_, _, data, _)] = client.requests
    assert data["StatusCallback"] == url


@pytest.mark.parametrize(
    ("own", "of_message", "sent_as"),
    [
        ("+4930123", None, {"From": "+4930123"}),
        ("SHOP", None, {"From": "SHOP"}),
        (SERVICE, None, {"MessagingServiceSid": SERVICE}),
        (SERVICE, "+4930999", {"From": "+4930999"}),
    ],
)
def test_the_sender_is_a_number_a_name_or_a_messaging_service(
    own: str, of_message: str | None, sent_as: dict[str, str]
) -> None:
    client = FakeTwilio()
    outcome(client, own=own, sender=of_message)
    [(_, _, data, _)] = client.requests
    assert {name: data[name] for name in data if name not in ("To", "Body")} == sent_as


def test_whatsapp_is_named_in_both_numbers() -> None:
    client = FakeTwilio()
    with TwilioChannel(ACCOUNT, TOKEN, "+4930123", http_client=client, name="whatsapp").open() as sender:
        list(sender.send([Message(1, "+4915112345678", b"Hello")], LATER))
    assert client.requests[0][2] == {"To": "whatsapp:+4915112345678", "From": "whatsapp:+4930123", "Body": "Hello"}


ANSWERS = {
    **dict.fromkeys((21211, 21214, 21217, 21614, 21635, 30005, 30006), "gone"),
    **dict.fromkeys((21408, 21606, 21612, 21617, 21659, 30002, 30004, 30007, 63016), "never"),
    **dict.fromkeys((21611, 30001, 30003, 30008, 30036, 63049), "later"),
    21610: "gone",
    99999: "never",
}


@pytest.mark.rule("T05")
@pytest.mark.parametrize("code", ANSWERS)
def test_each_code_has_its_outcome(code: int) -> None:
    answered = outcome(FakeTwilio(lambda to: error(400, code, "what\x00 Twilio says")))
    assert word(answered) == ANSWERS[code]
    assert isinstance(answered, Rejected)
    assert answered.reason.startswith(f"{code} ")
    assert answered.reason.endswith("what Twilio says")


PROBLEM = {"type": "https://www.twilio.com/docs/api/errors/21610", "title": "Stopped", "status": 400, "code": 21610}

STATUSES: dict[str, tuple[tuple[int, Any], str]] = {
    "wrong token": (error(401, 20003, "Authenticate"), "never"),
    "wrong token, no JSON": ((401, "<html>"), "never"),
    "too many at once": (error(429, 20429), "later"),
    "too many at once, no JSON": ((429, "slow down"), "later"),
    "no account": (error(404, 20404), "never"),
    "no code": ((400, "<html>"), "never"),
    "RFC 9457": ((400, PROBLEM), "gone"),
    "fault at Twilio": (error(500, 20500), "unknown"),
    "not available": ((503, "<html>"), "unknown"),
    "created, but no JSON": ((201, "<html>"), "unknown"),
}


@pytest.mark.rule("T04")
@pytest.mark.parametrize("case", STATUSES)
def test_each_status_has_its_outcome(case: str) -> None:
    answer, expected = STATUSES[case]
    client = FakeTwilio(lambda to: answer)
    assert word(outcome(client)) == expected
    assert len(client.requests) == 1


@pytest.mark.rule("T02")
def test_a_text_too_long_is_refused_before_any_request() -> None:
    client = FakeTwilio()
    assert word(outcome(client, "ü" * 1600)) == "accepted"
    assert word(outcome(client, "ü" * 1601)) == "never"
    assert len(client.requests) == 1


@contextmanager
def line(answer: bytes | None) -> Iterator[tuple[int, list[bytes]]]:
    """A port that takes requests and closes the connection after an answer; None keeps it open in silence."""
    asked: list[bytes] = []
    end = threading.Event()

    def serve() -> None:
        with listening.accept()[0] as connection:
            asked.append(connection.recv(65536))
            if answer is None:
                end.wait(10)
            else:
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], asked
        end.set()
        thread.join()


@pytest.mark.rule("T04")
@pytest.mark.parametrize(
    "answer", [None, b"", b"HTTP/1.1 201 Crea", b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{"]
)
def test_a_request_without_a_whole_answer_is_unknown_and_not_repeated(answer: bytes | None) -> None:
    with line(answer) as (port, asked):
        assert word(outcome(Detour(port))) == "unknown"
    assert len(asked) == 1


def test_a_request_that_was_never_made_may_be_made_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refused = outcome(Detour(port))
    assert refused == Rejected(5, "Twilio cannot be reached: [Errno 111] Connection refused", permanent=False)


def test_without_a_sender_the_channel_does_not_open() -> None:
    with pytest.raises(ChannelError, match="set WSS_TWILIO_SENDER") as caught:
        TwilioChannel(ACCOUNT, TOKEN, None).open()
    assert caught.value.permanent


@pytest.mark.parametrize(("per_second", "window"), [(0, 1), (1, 1), (30, 30), (400, 100)])
def test_the_window_is_the_sender_s_rate(per_second: int, window: int) -> None:
    assert TwilioChannel(ACCOUNT, TOKEN, "+4930123", per_second=per_second).window == window


def test_the_token_is_in_no_log_and_no_reason(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    for answer in (b"", b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}"):
        with line(answer) as (port, _):
            said.append(str(outcome(Detour(port))))
    channel = TwilioChannel(ACCOUNT, TOKEN, "+4930123")
    assert caplog.records
    assert TOKEN not in caplog.text + repr(channel) + repr(channel.open()) + "".join(said)
