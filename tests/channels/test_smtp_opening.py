"""A mail server that does not let us in is explained in plain words, and nothing secret is said."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.channels.certificates import certificate, server_context
from tests.channels.conftest import LATER, StartServer, channel_to, window, words
from tests.channels.smtp_script import DROP, STALL, on
from webshop_segments.errors import ChannelError
from webshop_segments.newsletter.channels.email import EmailChannel

pytestmark = pytest.mark.once

PASSWORD = "correct horse"

LOGIN: dict[str, Any] = {"MAIL_USERNAME": "shop", "MAIL_PASSWORD": PASSWORD}

AUTH = ("AUTH PLAIN LOGIN",)


def refusal(channel: EmailChannel) -> ChannelError:
    sender = channel.open()
    with pytest.raises(ChannelError) as caught, sender:
        pass
    assert PASSWORD not in str(caught.value)
    return caught.value


SHUT: dict[str, tuple[list[Any], tuple[str, ...], dict[str, Any], bool, str]] = {
    "mute at the door": ([on("greeting", STALL)], (), {}, False, "did not answer within 0.5 s"),
    "hangs up": ([on("greeting", DROP)], (), {}, False, "closed the connection; check that it runs"),
    "busy": ([on("greeting", "421 4.3.2 too busy")], (), {}, False, "It said: 421 4.3.2 too busy"),
    "not for us": ([on("greeting", "554 5.7.1 blocked")], (), {}, True, "ask whoever runs it. It said: 554 5.7.1"),
    "not SMTP": ([on("greeting", "SSH-2.0-OpenSSH_9.2")], (), {}, False, "SSH-2.0-OpenSSH_9.2"),
    "mute at EHLO": ([on("EHLO", STALL)], (), {}, False, "did not answer within 0.5 s"),
    "gone at EHLO": ([on("EHLO", DROP)], (), {}, False, "closed the connection"),
    "no EHLO, no HELO": ([on("EHLO", "550 no"), on("HELO", "550 no")], (), {}, True, "It said: 550 no"),
    "wrong password": ([on("AUTH", "535 5.7.8 no")], AUTH, LOGIN, True, "check MAIL_USERNAME and MAIL_PASSWORD"),
    "login down": ([on("AUTH", "454 4.7.0 later")], AUTH, LOGIN, False, "It said: 454 4.7.0 later"),
    "gone at login": ([on("AUTH", DROP)], AUTH, LOGIN, False, "closed the connection"),
    "no login": ([], (), LOGIN, True, "offers no login that we know"),
    "unknown login": ([], ("AUTH GSSAPI",), LOGIN, True, "offers no login that we know"),
    "password with ä": ([], AUTH, LOGIN | {"MAIL_PASSWORD": "ä"}, True, "only ASCII"),
    "no STARTTLS": ([], (), {"MAIL_USE_TLS": True}, True, "offers no STARTTLS, which MAIL_USE_TLS asks for"),
    "STARTTLS down": (
        [on("STARTTLS", "454 4.7.0 not now")],
        ("STARTTLS",),
        {"MAIL_USE_TLS": True},
        False,
        "It said: 454 4.7.0 not now",
    ),
    "gone at STARTTLS": ([on("STARTTLS", DROP)], ("STARTTLS",), {"MAIL_USE_TLS": True}, False, "closed the"),
    "TLS to a plain port": ([], (), {"MAIL_USE_SSL": True}, True, "MAIL_USE_SSL belongs to port 465"),
}


@pytest.mark.rule("E49")
@pytest.mark.parametrize("case", SHUT)
def test_a_server_that_does_not_let_us_in_is_explained(start: StartServer, case: str) -> None:
    rules, extensions, settings, permanent, words_said = SHUT[case]
    server = start(*rules, extensions=extensions)
    error = refusal(channel_to(server, 0.5 if case.startswith("mute") else 5, **settings))
    assert words_said in str(error)
    assert f"The mail server 127.0.0.1, port {server.port}," in str(error)
    assert error.permanent is permanent


UNREACHABLE: dict[str, tuple[dict[str, Any], bool, str]] = {
    "nobody there": ({}, False, "cannot be reached (Connection refused): check that it runs"),
    "no such name": ({"MAIL_SERVER": "mail..example"}, True, "check MAIL_SERVER and MAIL_PORT"),
    "no name": ({"MAIL_SERVER": ""}, True, "MAIL_SERVER is empty"),
    "password in the clear": (LOGIN | {"MAIL_SERVER": "mail.example"}, True, "would travel unencrypted"),
}


@pytest.mark.rule("E49")
@pytest.mark.parametrize("case", UNREACHABLE)
def test_settings_that_lead_nowhere_are_explained(start: StartServer, case: str) -> None:
    settings, permanent, words_said = UNREACHABLE[case]
    server = start()
    server.__exit__()
    error = refusal(channel_to(server, **settings))
    assert words_said in str(error)
    assert error.permanent is permanent


ENCRYPTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "STARTTLS": ({"extensions": ("STARTTLS", "AUTH PLAIN")}, {"MAIL_USE_TLS": True}),
    "TLS": ({"extensions": ("AUTH PLAIN",), "tls_at_once": True}, {"MAIL_USE_SSL": True}),
}


@pytest.mark.parametrize("way", ENCRYPTED)
def test_messages_and_password_travel_encrypted(start: StartServer, trusted: ssl.SSLContext, way: str) -> None:
    options, settings = ENCRYPTED[way]
    server = start(on("MAIL", DROP, skip=1, times=1), context=trusted, **options)
    with channel_to(server, **settings, **LOGIN).open() as sender:
        assert words(sender.send(window(), LATER)) == "accepted accepted accepted"
    login = base64.b64encode(f"\0shop\0{PASSWORD}".encode()).decode()
    assert server.commands.count(f"AUTH PLAIN {login}") == server.connections == 2


@pytest.mark.rule("E49")
@pytest.mark.parametrize("way", ENCRYPTED)
@pytest.mark.parametrize(
    ("made", "known", "said"),
    [
        ({}, False, "not trusted (self-signed certificate)"),
        ({"valid_days": -1}, True, "not trusted (certificate has expired)"),
        ({"name": "elsewhere.example", "address": "127.0.0.9"}, True, "a certificate for another name"),
    ],
)
def test_a_wrong_certificate_stops_everything(
    start: StartServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    made: dict[str, Any],
    known: bool,
    said: str,
) -> None:
    file = certificate(tmp_path, **made)
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    options, settings = ENCRYPTED[way]
    server = start(context=server_context(file), **options)
    error = refusal(channel_to(server, **settings, **LOGIN))
    assert said in str(error)
    assert error.permanent
    assert not [command for command in server.commands if command.startswith("AUTH")]


def test_what_was_said_before_tls_does_not_count(start: StartServer, trusted: ssl.SSLContext) -> None:
    server = start(on("STARTTLS", "220 go\r\n250 AUTH PLAIN"), context=trusted, **ENCRYPTED["STARTTLS"][0])
    error = refusal(channel_to(server, MAIL_USE_TLS=True, **LOGIN))
    assert "more replies than there were commands" in str(error)


def test_the_log_of_mail_debug_does_not_show_the_password(
    start: StartServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server = start(extensions=("AUTH PLAIN",))
    with channel_to(server, MAIL_DEBUG=1, **LOGIN).open() as sender:
        assert words(sender.send(window(), LATER)) == "accepted accepted accepted"
    log = capsys.readouterr().err
    assert "RCPT TO:<two@example.org>" in log
    assert "AUTH" not in log
