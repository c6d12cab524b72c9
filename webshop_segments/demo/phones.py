"""A stand-in for Twilio: the part of its API that sends messages, and a page that shows the phones they reached."""

from __future__ import annotations

import hmac
import json
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import phonenumbers
from flask import Blueprint, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from .inbox import Inbox, arrived_at
from .models import now

bp = Blueprint("phones", __name__)


class StandInClient(TwilioHttpClient):  # type: ignore[misc]
    """What the Twilio library sends its requests with; they go to this demo in place of api.twilio.com."""

    def __init__(self, demo_url: str) -> None:
        super().__init__(timeout=10)
        self.session.trust_env = False  # a proxy named in the environment could not reach this machine's loopback
        self._demo = urlsplit(demo_url)

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        here = urlsplit(url)._replace(scheme=self._demo.scheme, netloc=self._demo.netloc)
        return super().request(method, here.geturl(), *args, **options)


def inbox(folder: Path) -> Inbox:
    return Inbox(folder / "phones", ".json")


@bp.get("/demo/phones")
def index() -> ResponseReturnValue:
    received = inbox(Path(current_app.instance_path))
    page = received.page(request.args.get("page", 1, type=int))
    messages = [{**json.loads(received.read(number)), "when": arrived_at(number)} for number in page.numbers]
    return render_template("phones.html", page=page, messages=messages)


@bp.post("/2010-04-01/Accounts/<account>/Messages.json")
def send(account: str) -> ResponseReturnValue:
    """Create a Message resource as Twilio does."""
    if not _authenticated(account):
        return _error(401, 20003, "Authenticate")
    to, sender = request.form.get("To", ""), request.form.get("From")
    service, body = request.form.get("MessagingServiceSid"), request.form.get("Body")
    if not _reachable(to):
        return _error(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not sender and not service:
        return _error(400, 21603, "A 'From' phone number is required.")
    if not body:
        return _error(400, 21602, "Message body is required.")
    message = _message(account, to, sender, service, body)
    inbox(Path(current_app.instance_path)).keep(json.dumps(message).encode())
    return jsonify(message), 201


def _authenticated(account: str) -> bool:
    given, config = request.authorization, current_app.config
    if given is None or account != config["WSS_TWILIO_ACCOUNT"]:
        return False
    wanted = f"{config['WSS_TWILIO_ACCOUNT']}:{config['WSS_TWILIO_TOKEN']}"
    return hmac.compare_digest(f"{given.username}:{given.password}".encode(), wanted.encode())


def _reachable(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def _message(account: str, to: str, sender: str | None, service: str | None, body: str) -> dict[str, Any]:
    sid, created = f"SM{uuid4().hex}", format_datetime(now())
    return {
        "sid": sid,
        "account_sid": account,
        "api_version": "2010-04-01",
        "messaging_service_sid": service,
        "to": to,
        "from": sender,
        "body": body,
        "status": "queued",
        "direction": "outbound-api",
        "num_segments": "1",
        "num_media": "0",
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "error_message": None,
        "date_created": created,
        "date_updated": created,
        "date_sent": None,
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{sid}.json",
        "subresource_uris": {"media": f"/2010-04-01/Accounts/{account}/Messages/{sid}/Media.json"},
    }


def _error(status: int, code: int, message: str) -> ResponseReturnValue:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return jsonify(code=code, message=message, more_info=more, status=status), status
