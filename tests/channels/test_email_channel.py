"""E-mail as Flask-Mail's settings say, with the very bytes of the message."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.channels.conftest import LATER, StartServer, channel_to, window, words
from tests.channels.smtp_cases import MODES
from webshop_segments.channel import Message, Rejected
from webshop_segments.newsletter.channels.email import EmailChannel

pytestmark = pytest.mark.once


@dataclass
class Mailbox:
    port: int
    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return "250 kept"

    def channel(self, **settings: Any) -> EmailChannel:
        return EmailChannel.from_config({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": self.port} | settings, timeout=5)


@pytest.fixture(params=[True, False], ids=["SMTPUTF8", "ASCII"])
def mailbox(request: pytest.FixtureRequest) -> Iterator[Mailbox]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    mailbox = Mailbox(port)
    server = Controller(mailbox, hostname="127.0.0.1", port=port, enable_SMTPUTF8=request.param)
    server.start()
    yield mailbox
    server.stop()


@pytest.mark.rule("E57")
def test_the_very_bytes_arrive_from_the_message_s_own_sender(mailbox: Mailbox) -> None:
    content = b"Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\nlast\r\n"
    with mailbox.channel().open() as sender:
        assert (
            words(sender.send([Message(1, "one@example.org", content, "bounce+1@shop.example")], LATER)) == "accepted"
        )
    [envelope] = mailbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("bounce+1@shop.example", ["one@example.org"])
    assert envelope.content == content


@pytest.mark.rule("E57")
@pytest.mark.parametrize("smuggled", [b"\n.\nMAIL", b"\r.\rMAIL", b"\n.\r\nMAIL", b"\r\n.\rMAIL", b"\r\n.\r\nMAIL"])
@pytest.mark.parametrize("mode", MODES)
def test_no_message_ends_before_its_end(start: StartServer, smuggled: bytes, mode: str) -> None:
    server = start(extensions=MODES[mode])
    content = b"Subject: two in one\r\n\r\nHello" + smuggled + b" FROM:<evil@example.org>\r\nDATA\r\n"
    with channel_to(server).open() as sender:
        assert words(sender.send(window("one", content=content), LATER)) == "accepted"
    [received] = server.received
    assert received.content == b"\r\n".join(content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))


@pytest.mark.rule("E25")
def test_a_local_part_beyond_ascii_needs_smtputf8(mailbox: Mailbox, request: pytest.FixtureRequest) -> None:
    messages = window("jürgen", "two", content="Subject: Grüße\r\n\r\nHallo\r\n".encode())
    with mailbox.channel(MAIL_DEFAULT_SENDER="shop@example.com").open() as sender:
        outcomes = words(sorted(sender.send(messages, LATER), key=lambda outcome: outcome.number))
    if "SMTPUTF8" in request.node.name:
        assert outcomes == "accepted accepted"
        assert [envelope.rcpt_tos for envelope in mailbox.envelopes] == [["jürgen@example.org"], ["two@example.org"]]
    else:
        assert outcomes == "gone accepted"


@pytest.mark.rule("E26")
@pytest.mark.parametrize("address", ["", "one", "a@b\r\nRCPT TO:<c@d>", "a@b>", "a b@c", "a@b\x00", "a@b@c", "<a@b>"])
def test_what_is_no_address_never_reaches_the_server(start: StartServer, address: str) -> None:
    server = start()
    with channel_to(server).open() as sender:
        outcomes = sender.send([Message(1, address, b""), Message(2, "a@b.example", b"", address or "x")], LATER)
        assert words(outcomes) == "gone never"
    assert not [command for command in server.commands if command.startswith(("MAIL", "RCPT"))]


def test_without_a_sender_nothing_is_sent_and_the_reason_names_the_setting(start: StartServer) -> None:
    with channel_to(start(), MAIL_DEFAULT_SENDER=None).open() as sender:
        [outcome] = sender.send(window("one"), LATER)
    assert outcome == Rejected(7, "There is no sender: set MAIL_DEFAULT_SENDER.", permanent=True, about_us=True)


def test_a_notice_may_go_out_with_an_empty_envelope_sender(start: StartServer) -> None:
    server = start()
    with channel_to(server).open() as sender:
        assert words(sender.send([Message(1, "one@example.org", b"", "")], LATER)) == "accepted"
    assert server.received[0].sender == ""


@pytest.mark.parametrize(
    ("setting", "sender"),
    [
        (None, None),
        ("shop@example.com", ("", "shop@example.com")),
        ('"Müller & Co" <shop@example.com>', ("Müller & Co", "shop@example.com")),
        (("Shop", "shop@example.com"), ("Shop", "shop@example.com")),
    ],
)
def test_the_sender_is_flask_mail_s_default_sender(setting: Any, sender: tuple[str, str] | None) -> None:
    assert EmailChannel.from_config({"MAIL_DEFAULT_SENDER": setting}).sender == sender


@pytest.mark.parametrize("settings", [{"MAIL_SUPPRESS_SEND": True}, {"TESTING": True}])
def test_suppressed_mail_counts_as_sent_and_reaches_no_server(start: StartServer, settings: dict[str, Any]) -> None:
    server = start()
    with channel_to(server, **settings).open() as sender:
        assert words(sender.send(window(), LATER)) == "accepted accepted accepted"
    assert not server.connections


def test_nothing_is_connected_before_the_block_is_entered(start: StartServer) -> None:
    server = start()
    channel_to(server).open()
    assert not server.connections
    assert EmailChannel.from_config({}).name == "email"
