"""Mails and SMS of the demo end up on its own pages."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from werkzeug.serving import make_server

from webshop_segments.demo.mail import mail_server
from webshop_segments.demo.phones import StandInClient

pytestmark = pytest.mark.once


@pytest.fixture
def smtp(app: Flask) -> Iterator[smtplib.SMTP]:
    """A line to the demo's mail server."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    server = mail_server(Path(app.instance_path), port)
    server.start()
    with smtplib.SMTP("127.0.0.1", port) as line:
        yield line
    server.stop()


@pytest.fixture
def twilio(app: Flask) -> Iterator[Client]:
    """The Twilio library with the demo as its other end."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    http_client = StandInClient(f"http://127.0.0.1:{server.port}")
    yield Client(app.config["WSS_TWILIO_ACCOUNT"], app.config["WSS_TWILIO_TOKEN"], http_client=http_client)
    http_client.session.close()
    server.shutdown()
    thread.join()
    server.server_close()


def letter(subject: str, html: str = "<p>Hello</p>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", "Anna <anna@example.com>", subject
    message["Message-ID"] = "<1@shop.example>"
    message["List-Unsubscribe"] = "<mailto:stop@shop.example>, <http://127.0.0.1/stop?a=1>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("Hello, see http://127.0.0.1/offer\n")
    message.add_alternative(html, subtype="html")
    return message


def test_mails_are_listed_newest_first(client: FlaskClient, smtp: smtplib.SMTP) -> None:
    for subject in ("The first", "Grüße zum zweiten"):
        smtp.send_message(letter(subject), to_addrs=["anna@example.com", "ben@example.com"])
    page = client.get("/demo/mail").text
    assert page.index("Grüße zum zweiten") < page.index("The first")
    assert "anna@example.com, ben@example.com" in page


def test_an_open_mail_shows_what_a_mail_program_acts_on(client: FlaskClient, app: Flask, smtp: smtplib.SMTP) -> None:
    smtp.send_message(letter("News", "<script>alert(1)</script><p>Hello</p>"))
    (file,) = (Path(app.instance_path) / "mail").glob("*.eml")
    assert b"Delivered-To: anna@example.com\r\n" in file.read_bytes()
    page = client.get(f"/demo/mail/{file.stem}").text
    assert 'action="http://127.0.0.1/stop?a=1"' in page
    assert "&lt;1@shop.example&gt;" in page
    assert 'href="http://127.0.0.1/offer"' in page
    assert "<script>" not in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert client.get("/demo/mail/1").status_code == 404


def test_a_text_message_arrives_on_the_page(client: FlaskClient, twilio: Client) -> None:
    message = twilio.messages.create(to="+4915123456789", from_="+4915123456700", body="New bikes!")
    assert message.sid.startswith("SM")
    assert len(message.sid) == 34
    assert (message.status, message.to) == ("queued", "+4915123456789")
    page = client.get("/demo/phones").text
    assert "New bikes!" in page
    assert "+4915123456789" in page


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"to": "555-0173"}, 21211), ({"from_": None}, 21603), ({"body": None}, 21602), ({"to": "+491"}, 21211)],
)
def test_a_faulty_message_is_refused_as_twilio_does(twilio: Client, wrong: dict[str, str], code: int) -> None:
    message = {"to": "+4915123456789", "from_": "+4915123456700", "body": "New bikes!"}
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(**(message | wrong))
    assert (refused.value.status, refused.value.code) == (400, code)


def test_a_stranger_sends_nothing(client: FlaskClient, app: Flask) -> None:
    path = f"/2010-04-01/Accounts/{app.config['WSS_TWILIO_ACCOUNT']}/Messages.json"
    message = {"To": "+4915123456789", "From": "+4915123456700", "Body": "New bikes!"}
    for auth in (None, (app.config["WSS_TWILIO_ACCOUNT"], "guessed"), ("", "")):
        assert client.post(path, data=message, auth=auth).status_code == 401
    assert "New bikes!" not in client.get("/demo/phones").text
