"""Sending a newsletter: choose segments, see who gets it, press Send or set a time, watch (W42 to W49)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField, RadioField, StringField
from wtforms.validators import Length

from .. import clock
from ..access import Actor
from ..errors import Refused
from ..i18n import _, lazy_gettext, ngettext
from ..newsletter import dispatches as sending
from ..newsletter import forecast, results, scheduling, trial
from ..newsletter import newsletters as writing
from ..newsletter.models import Dispatch, Newsletter
from ..newsletter.results import Progress
from ..newsletter.trial import Preview
from ..plugin import plugin
from ..segments import listing, members, operations
from ..segments.audience import Choice
from .admin import bp, done, page, refused
from .forms import Confirmation, Form
from .guard import actor, masked, permission
from .newsletters import example
from .words import moment

LOCAL = "%Y-%m-%dT%H:%M"
"""As <input type=datetime-local> writes a time."""


class SendForm(Form):
    request_key = HiddenField()
    again = BooleanField(lazy_gettext("Yes, send it again"))
    control_copy = BooleanField(lazy_gettext("Send a control copy to the shop"), default=True)
    when = RadioField(lazy_gettext("When"), default="now")
    due_at = StringField(lazy_gettext("Date and time"), [Length(max=30)], render_kw={"type": "datetime-local"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.when.choices = [("now", _("Now")), ("later", _("Later, at this time:"))]

    def time(self) -> datetime | None:
        """When to send, None for now.

        :raises Refused: for a time that cannot be, and when it is not clear which of both was meant.
        """
        text = self.due_at.data or ""
        if self.when.data == "later":
            return scheduling.parse_local(text, plugin().settings.timezone)
        if text:
            sentence = _("A time is filled in, but “Now” is chosen. Choose “Later”, or empty the time.")
            raise Refused(sentence, field="due_at")
        return None


class OtherTimeForm(Form):
    due_at = StringField(lazy_gettext("Date and time"), [Length(max=30)], render_kw={"type": "datetime-local"})


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
        copy = bool(form.control_copy.data)
        return scheduling.start(session, wired, row, ids, key, actor(), control_copy=copy, due_at=form.time())

    started = form.attempt(start)
    if started is not None:
        later = _("“%(name)s” leaves on %(date)s.", name=row.name, date=moment(started.due_at))
        at_once = _("“%(name)s” is on its way.", name=row.name)
        return done(later if form.when.data == "later" else at_once, ".dispatch", dispatch_id=started.id)
    reach = forecast.reach(session, wired.shop, Choice(row.channel, not ids, tuple(ids), row.language))
    problem, preview = _tried(row)
    return page(
        "dispatches/confirm.html",
        form=form,
        row=row,
        segments=operations.by_id(session, ids),
        reach=reach,
        seconds=forecast.seconds_for(session, wired, row.channel, reach.count),
        before=before,
        control=sending.control_address(wired, row.channel),
        problem=problem,
        preview=preview,
        person=example(),
        **_times(),
    )


@bp.get("/dispatches/<int:dispatch_id>")
@permission("newsletters.view")
def dispatch(dispatch_id: int) -> ResponseReturnValue:
    wired = plugin()
    row = sending.get(wired.session, dispatch_id)
    if request.headers.get("HX-Request"):
        return page("dispatches/progress.html", row=row, **_progress(row))
    planned = row.due_at.astimezone(wired.settings.timezone).strftime(LOCAL)
    return _show(row, OtherTimeForm(due_at="" if scheduling.overdue(row) else planned))


@bp.post("/dispatches/<int:dispatch_id>/<any(now, pause, resume, cancel):verb>")
@permission("newsletters.send")
def control_dispatch(dispatch_id: int, verb: str) -> ResponseReturnValue:
    verbs: dict[str, tuple[Callable[[Session, Dispatch, Actor], None], str]] = {
        "now": (scheduling.send_now, _("The sending begins.")),
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


@bp.post("/dispatches/<int:dispatch_id>/reschedule")
@permission("newsletters.send")
def reschedule_dispatch(dispatch_id: int) -> ResponseReturnValue:
    wired, form = plugin(), OtherTimeForm()
    row = sending.get(wired.session, dispatch_id)

    def reschedule() -> datetime:
        due_at = scheduling.parse_local(form.due_at.data or "", wired.settings.timezone)
        scheduling.reschedule(wired.session, row, due_at, actor())
        return due_at

    due_at = form.attempt(reschedule)
    if due_at is None:
        return _show(row, form)
    message = _("“%(name)s” leaves on %(date)s.", name=row.name, date=moment(due_at))
    return done(message, ".dispatch", dispatch_id=dispatch_id)


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


def _show(row: Dispatch, form: OtherTimeForm) -> ResponseReturnValue:
    session, status = plugin().session, request.args.get("status") or None
    rows, after = results.recipients(session, row, status, request.args.get("after", -1, type=int))
    shown = _progress(row, results.of_dispatch)
    return page(
        "dispatches/show.html",
        form=form,
        row=row,
        results=shown["now"],
        refusals=results.refusals(session, row),
        recipients=rows,
        after=after,
        status=status,
        **shown,
        **_times(),
    )


def _progress(row: Dispatch, asked: Callable[[Session, Dispatch], Progress] = results.progress) -> dict[str, Any]:
    """What is asked again and again, the less often the longer it takes: watching must not hold up what is watched."""
    wired, begun = plugin(), monotonic()
    now = asked(wired.session, row)
    wait = forecast.why_it_waits(wired.session, wired, row, now)
    again = max(10 if wait and wait.kind == "scheduled" else 2, round(20 * (monotonic() - begun)))
    return {"now": now, "wait": wait, "again": again, "ends_at": forecast.ends_at(wired, row, now), "said": _said}


def _said(sentence: str) -> str:
    """A server's words; they may name a recipient (W53)."""
    return results.without_addresses(sentence) if masked() else sentence


def _times() -> dict[str, Any]:
    """The time at the shop, and the times that may be chosen."""
    now, timezone = clock.now(), plugin().settings.timezone
    bounds = [time.astimezone(timezone).strftime(LOCAL) for time in (now, now + scheduling.FARTHEST)]
    return {"clock": now, "earliest": bounds[0], "latest": bounds[1], "timezone": timezone.key}


def _tried(row: Newsletter) -> tuple[str | None, Preview | None]:
    """What would keep a newsletter from leaving, said before Send is pressed, and how it will look."""
    try:
        sending.ready(plugin(), row)
        return None, trial.preview(plugin(), row, example())
    except Refused as refusal:
        return str(refusal), None
