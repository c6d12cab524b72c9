"""What Twilio posts to us: what became of a message, and messages from customers. Signed by Twilio, or refused."""

from __future__ import annotations

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from ..newsletter.channels.reasons import in_plain_words
from ..newsletter.replies import incoming, receipts
from ..newsletter.replies.receipts import Event
from ..plugin import Plugin, plugin
from .public import bp

LARGEST = 64 * 1024

_MEANS = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "bounced",
    "failed": "bounced",
}
"""Twilio's statuses that tell something new; the rest are steps on the way (T23)."""


@bp.post("/twilio/status/<int:dispatch_id>/<int:number>")
def twilio_status(dispatch_id: int, number: int) -> ResponseReturnValue:
    """A message's status; late, repeated and unknown ones get the same answer."""
    wired = plugin()
    form = _signed(wired)
    said, message = form.get("MessageStatus", ""), form.get("MessageSid", "")
    if said in _MEANS and message:
        reason = in_plain_words(f"{form.get('ErrorCode', '')} {form.get('ErrorMessage', said)}"[:1000])
        status = _MEANS[said]
        event = Event("twilio", f"{message[:80]}:{said}", status, reason if status == "bounced" else "", message[:80])
        receipts.take(wired.session, dispatch_id, number, event)
        wired.session.commit()
    return Response(status=204)


@bp.post("/twilio/incoming")
def twilio_incoming() -> ResponseReturnValue:
    """STOP ends the consent; the answer is left to Twilio, which gives one already (T31)."""
    wired = plugin()
    form = _signed(wired)
    message, sender, text = form.get("MessageSid", ""), form.get("From", ""), form.get("Body", "")
    incoming.take_text(wired.session, wired.keys, message, sender, text, form.get("OptOutType"))
    wired.session.commit()
    return Response("<Response/>", mimetype="text/xml")


def _signed(wired: Plugin) -> MultiDict[str, str]:
    """The form of a request that only Twilio can have signed, for the address customers know (T20, T21)."""
    request.max_content_length = LARGEST
    token, signature = wired.settings.twilio_token, request.headers.get("X-Twilio-Signature", "")
    url = wired.settings.public_url + request.full_path.removesuffix("?")
    if not token or not RequestValidator(token).validate(url, request.form, signature):
        abort(403)
    return request.form
