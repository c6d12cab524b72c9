"""The demo's mail server, which keeps every mail and sends none on, and the page that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from .inbox import Inbox, arrived_at

HEADERS_OF_INTEREST = ("From", "To", "Reply-To", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post")

bp = Blueprint("mail", __name__, url_prefix="/demo/mail")


class Catcher:
    """Takes over every mail, as aiosmtpd calls it."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        traces = [f"Return-Path: <{envelope.mail_from}>", *(f"Delivered-To: {to}" for to in envelope.rcpt_tos)]
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        self._inbox.keep("".join(f"{line}\r\n" for line in traces).encode() + content)
        return "250 kept"


def mail_server(folder: Path, port: int) -> Controller:
    """The catcher on loopback, to be started and stopped."""
    return Controller(Catcher(inbox(folder)), hostname="127.0.0.1", port=port)


def inbox(folder: Path) -> Inbox:
    return Inbox(folder / "mail", ".eml")


@dataclass(frozen=True)
class Mail:
    """A mail as it arrived."""

    number: int
    message: EmailMessage

    @property
    def when(self) -> datetime:
        return arrived_at(self.number)

    @property
    def recipients(self) -> str:
        return ", ".join(self.message.get_all("Delivered-To", []))

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, self.message[name]) for name in HEADERS_OF_INTEREST if name in self.message]

    @property
    def one_click(self) -> str | None:
        """The address a mail program posts to for its own "unsubscribe" button (RFC 8058)."""
        if "List-Unsubscribe-Post" not in self.message:
            return None
        offered = [part.strip(" <>") for part in str(self.message["List-Unsubscribe"]).split(",")]
        return next((address for address in offered if address.startswith("http")), None)

    def body(self, kind: str) -> str | None:
        """The part of kind "plain" or "html"."""
        part = self.message.get_body((kind,))
        return None if part is None else str(part.get_content())


def _mail(number: int) -> Mail:
    content = inbox(Path(current_app.instance_path)).read(number)
    return Mail(number, message_from_bytes(content, policy=policy.default))


@bp.get("")
def index() -> ResponseReturnValue:
    page = inbox(Path(current_app.instance_path)).page(request.args.get("page", 1, type=int))
    return render_template("mail.html", page=page, mails=[_mail(number) for number in page.numbers])


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    try:
        return render_template("mail_open.html", mail=_mail(number))
    except FileNotFoundError:
        abort(404)
