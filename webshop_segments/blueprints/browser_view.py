"""The link "view in browser" of a message: no login, no cookie, and nothing in the message may run (W51)."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from ..errors import Refused
from ..newsletter import online
from ..plugin import plugin
from .public import bp, page

_POLICY = (
    "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@bp.get("/v/<token>")
def message_in_browser(token: str) -> ResponseReturnValue:
    """Whoever has this address reads a person's mail, so no search engine may learn it."""
    wired = plugin()
    try:
        html, text = online.message(wired.session, wired, token)
    except Refused as refusal:
        answer = Response(page("no_message.html", sentence=str(refusal)), refusal.status)
    else:
        answer = Response(html or text, mimetype="text/html" if html else "text/plain")
        answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
