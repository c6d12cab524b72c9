"""Sending a newsletter: choose segments, see who gets it, press Send, watch (W42 to W49)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField

from ..access import Actor
from ..errors import Refused
from ..i18n import _, lazy_gettext, ngettext
from ..newsletter import dispatches as sending
from ..newsletter import newsletters as writing
from ..newsletter import results
from ..newsletter.models import Dispatch, Newsletter
from ..plugin import plugin
from ..segments import audience, listing, members, operations
from ..segments.audience import Choice
from .admin import bp, done, page, refused
from .forms import Confirmation, Form
from .guard import actor, permission


class SendForm(Form):
    request_key = HiddenField()
    again = BooleanField(lazy_gettext("Yes, send it again"))
    control_copy = BooleanField(lazy_gettext("Send a control copy to the shop"), default=True)


@bp.get("/newsletters/<int:newsletter_id>/send")
@permission("newsletters.send")
def choose_segments(newsletter_id: int) -> ResponseReturnValue:
    session, words = plugin().session, request.args.get("q", "")
    row = writing.get(session, newsletter_id)
    found = listing.page(session, words, size=500)
    counts = members.counts(session, plugin().shop, [segment.id for segment in found.segments])
    chosen = request.args.getlist("segment", int)
    return page("dispatches/choose.html", row=row, found=found, words=words, chosen=chosen, counts=counts)


@bp.route("/newsletters/<int:newsletter_id>/confirm", methods=["GET", "POST"])
@permission("newsletters.send")
def confirm_sending(newsletter_id: int) -> ResponseReturnValue:
    wired, form = plugin(), SendForm(request_key=secrets.token_hex(16))
    session, row = wired.session, writing.get(wired.session, newsletter_id)
    ids = list(dict.fromkeys(request.values.getlist("segment", type=int)))
    if request.values.get("audience") == "segments" and not ids:
        return redirect(url_for(".choose_segments", newsletter_id=newsletter_id, none_chosen=1))
    before = writing.last_sent(session, [row.id]).get(row.id)

    def start() -> Dispatch:
        key = form.request_key.data or ""
        if before is not None and before.request_key != key and not form.again.data:
            raise Refused(_("It was sent before. Tick that you want to send it again."), field="again", status=409)
        return sending.start(session, wired, row, ids, key, actor(), control_copy=bool(form.control_copy.data))

    started = form.attempt(start)
    if started is not None:
        return done(_("“%(name)s” is on its way.", name=row.name), ".dispatch", dispatch_id=started.id)
    choice = Choice(row.channel, not ids, tuple(ids), row.language)
    counts = audience.counts(session, wired.shop, choice)
    return page(
        "dispatches/confirm.html",
        form=form,
        row=row,
        segments=operations.by_id(session, ids),
        reached=counts.pop(None, 0),
        left_out=counts,
        before=before,
        control=sending.control_address(wired, row.channel),
        problem=_problem(row),
    )


@bp.get("/dispatches/<int:dispatch_id>")
@permission("newsletters.view")
def dispatch(dispatch_id: int) -> ResponseReturnValue:
    session = plugin().session
    row = sending.get(session, dispatch_id)
    status = request.args.get("status") or None
    rows, after = results.recipients(session, row, status, request.args.get("after", -1, type=int))
    template = "dispatches/progress.html" if request.headers.get("HX-Request") else "dispatches/show.html"
    return page(
        template,
        form=Confirmation(),
        row=row,
        results=results.of_dispatch(session, row),
        recipients=rows,
        after=after,
        status=status,
    )


@bp.post("/dispatches/<int:dispatch_id>/<any(pause, resume, cancel):verb>")
@permission("newsletters.send")
def control_dispatch(dispatch_id: int, verb: str) -> ResponseReturnValue:
    verbs: dict[str, tuple[Callable[[Session, Dispatch, Actor], None], str]] = {
        "pause": (sending.pause, _("The sending is paused.")),
        "resume": (sending.resume, _("The sending goes on.")),
        "cancel": (sending.cancel, _("The sending is cancelled. Nothing further leaves.")),
    }
    session, form = plugin().session, Confirmation()
    row = sending.get(session, dispatch_id)
    operation, message = verbs[verb]

    def run() -> bool:
        operation(session, row, actor())
        return True

    if form.attempt(run):
        return done(message, ".dispatch", dispatch_id=dispatch_id)
    return refused(form)


@bp.post("/dispatches/<int:dispatch_id>/unknown")
@permission("newsletters.send")
def decide_unknown(dispatch_id: int) -> ResponseReturnValue:
    """What happens to recipients whose outcome nobody knows: an administrator's word, and only here."""
    session, form = plugin().session, Confirmation()
    row = sending.get(session, dispatch_id)
    numbers = request.form.getlist("number", type=int)
    status = {"sent": "sent", "failed": "failed", "again": "queued"}.get(request.form.get("as", ""))
    if status is None:
        raise Refused(_("Nothing was changed. Go back and try again."))
    count = form.attempt(lambda: sending.decide_unknown(session, row, numbers, status, actor()))
    if count is None:
        return refused(form)
    message = ngettext("%(num)s recipient was settled.", "%(num)s recipients were settled.", count)
    return done(message, ".dispatch", dispatch_id=dispatch_id)


def _problem(row: Newsletter) -> str | None:
    """What would keep a newsletter from leaving, said before Send is pressed."""
    try:
        sending.ready(plugin(), row)
    except Refused as refusal:
        return str(refusal)
    return None
