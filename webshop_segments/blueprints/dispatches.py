"""A sending and what became of it: progress, pause, resume, cancel, each recipient's outcome (W49)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import repeat
from time import monotonic
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.validators import Length

from ..access import Actor
from ..errors import Refused
from ..i18n import _, lazy_gettext, ngettext
from ..newsletter import dispatches as sending
from ..newsletter import forecast, recipients, results, scheduling, sendings
from ..newsletter import newsletters as writing
from ..newsletter.channels import faults
from ..newsletter.models import Delivery, Dispatch
from ..newsletter.recipients import View
from ..newsletter.results import Progress
from ..plugin import plugin
from . import words
from .admin import bp, done, page, refused
from .csv_file import csv_file, wants_whole_list
from .forms import Confirmation, Form
from .guard import actor, masked, permission
from .times import LOCAL, times
from .words import moment


class OtherTimeForm(Form):
    due_at = StringField(lazy_gettext("Date and time"), [Length(max=30)], render_kw={"type": "datetime-local"})


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


@bp.post("/dispatches/<int:dispatch_id>/recipients")
@permission("newsletters.view")
def export_recipients(dispatch_id: int) -> ResponseReturnValue:
    """Each recipient's outcome as a file."""
    wired, form = plugin(), Confirmation()
    row = sending.get(wired.session, dispatch_id)
    if not form.validate_on_submit():
        form.status = 422
        return refused(form)
    view = View() if wants_whole_list() else _view(row, request.form)
    header = [_("Number"), _("Address"), _("Kind"), _("Outcome"), _("Reason"), _("Attempts"), _("When")]
    found = recipients.whole(wired.session, row, view)
    return csv_file(_("recipients-%(number)s", number=row.id), header, map(_line, repeat(row.channel), found))


@bp.get("/newsletters/<int:newsletter_id>/sendings")
@permission("newsletters.view")
def sendings_of_newsletter(newsletter_id: int) -> ResponseReturnValue:
    """The part of the newsletter's page that changes while something is sent."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".newsletter", newsletter_id=newsletter_id))
    row = writing.get(plugin().session, newsletter_id)
    found = sendings.of_newsletter(plugin().session, newsletter_id)
    return page("dispatches/_sendings.html", row=row, sendings=found)


def _line(channel: str, delivery: Delivery) -> list[object]:
    kind = {"contact": _("account"), "subscriber": _("subscriber"), "control": _("control copy")}
    return [
        delivery.number,
        words.address(channel, delivery.address),
        kind.get(delivery.person_kind, delivery.person_kind),
        words.delivery_status(delivery.status),
        _said(words.reason(delivery.reason)),
        delivery.attempts,
        words.moment(delivery.settled_at) if delivery.settled_at else "",
    ]


def _view(row: Dispatch, asked: MultiDict[str, str]) -> View:
    """The filters of the page.

    :raises Refused: for an address that cannot be read; a search by address is for whoever may see addresses (W53).
    """
    typed = asked.get("address", "").strip() if not masked() else ""
    key = recipients.address_key(plugin(), row.channel, typed) if typed else None
    return View(asked.get("status") or None, asked.get("reason") or None, key)


def _show(row: Dispatch, form: OtherTimeForm) -> ResponseReturnValue:
    session, problem = plugin().session, None
    try:
        view = _view(row, request.args)
        rows, after = recipients.page(session, row, view, request.args.get("after", -1, type=int))
    except Refused as refusal:
        view, rows, after, problem = View(), (), None, str(refusal)
    shown = _progress(row, results.of_dispatch)
    return page(
        "dispatches/show.html",
        form=form,
        row=row,
        results=shown["now"],
        refusals=results.refusals(session, row),
        recipients=rows,
        after=after,
        view=view,
        problem=problem,
        typed="" if masked() else request.args.get("address", "").strip(),
        added=sendings.added_to(session, row),
        newsletter_id=sendings.newsletter_id(session, row),
        **shown,
        **times(),
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
    sentence = faults.translated(sentence)
    return results.without_addresses(sentence) if masked() else sentence
