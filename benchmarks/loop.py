"""The usual way: ``mail.send(message)`` of Flask-Mail in a loop, as a shop's developer would write it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

from flask import Flask
from flask_mail import Mail, Message
from jinja2 import Template

from webshop_segments.newsletter.message.compiled import html

from .engine import BODY, SUBJECT

_PAGE = '<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body>{body}{note}</body></html>'
_NOTE = '<p style="color:#5c626b;font-size:13px"><a href="https://shop.example/u/{{ token }}">Unsubscribe</a></p>'


def per_second(port: int, size: int, seconds: float) -> float:
    """Messages per second of one process, each personalised and as large as ours.

    The people are at hand: what reading them from a database would cost is not counted against the loop.

    :param size: of a message in bytes.
    """
    app = Flask("benchmarks.loop")
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_DEFAULT_SENDER="news@shop.example")
    mail = Mail(app)
    page = _PAGE.format(body=BODY, note=_NOTE)
    subject, text, web = Template(SUBJECT), Template(html.to_text(page)), Template(page)
    with app.app_context():
        short = size - len(_message(subject, text, web, next(_people())).as_bytes())
        web = Template(page.replace("</body>", _filling(short) + "</body>"))
        begin = time.monotonic()
        for sent, person in enumerate(_people(), 1):
            mail.send(_message(subject, text, web, person))
            taken = time.monotonic() - begin
            if taken >= seconds:
                return sent / taken
    raise AssertionError("there is always another one")


def _message(subject: Template, text: Template, web: Template, person: dict[str, Any]) -> Message:
    return Message(
        subject.render(person),
        recipients=[(person["name"], person["email"])],
        body=text.render(person),
        html=web.render(person),
        extra_headers={
            "List-Unsubscribe": f"<https://shop.example/u/{person['token']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def _people() -> Iterator[dict[str, Any]]:
    for number in count(1):
        yield {
            "first_name": "Ada",
            "name": f"Ada Young {number}",
            "company": f"Bikes {number} Ltd",
            "partner": {"city": "Bremen"},
            "email": f"ada.young{number}@customers.example",
            "token": f"{number:032x}",
        }


def _filling(size: int) -> str:
    """A comment of about so many bytes, for what our layout and encoding add to the same newsletter."""
    line = "<!-- " + "." * 60 + " -->\n"
    return line * round(size / len(line))
