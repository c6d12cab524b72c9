"""Online Marketing → Newsletters: the list, a tab per channel, as a file, and many of them at once (W40)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from ..i18n import _, ngettext
from ..newsletter import listing
from ..newsletter import newsletters as writing
from ..newsletter.models import Dispatch, Newsletter
from ..plugin import plugin
from . import words
from .admin import bp, page, refused
from .csv_file import csv_file, wants_whole_list
from .forms import Confirmation
from .guard import actor, permission

MOST_TICKED = 500


@bp.get("/newsletters")
@permission("newsletters.view")
def newsletters() -> ResponseReturnValue:
    wired, channel, typed = plugin(), _channel(), request.args.get("q", "").strip()
    found = listing.page(wired.session, channel, typed, request.args.get("after"))
    tabs = writing.channels(wired)
    form = Confirmation()
    return page("newsletters/list.html", form=form, found=found, channel=channel, tabs=tabs, typed=typed)


@bp.post("/newsletters/export")
@permission("newsletters.view")
def export_newsletters() -> ResponseReturnValue:
    session, form, typed = plugin().session, Confirmation(), request.form.get("q", "").strip()
    if not form.attempt(lambda: True):
        return refused(form)
    if request.form.get("extent") == "ticked":
        ids = _ticked()
        if not ids:
            return _back(_("Nothing is ticked. Tick the newsletters first."))
        rows: Iterable[tuple[Newsletter, Dispatch | None]] = listing.with_last(session, writing.by_id(session, ids))
    else:
        rows = listing.every(session, _channel(), "" if wants_whole_list() else typed)
    header = [_("Number"), _("Channel"), _("Name"), _("Subject"), _("Preview line"), _("Subscription language")]
    header += [_("Reply to"), _("Sender"), _("Modified on"), _("Written by"), _("Sent on"), _("State")]
    return csv_file(_("Newsletters"), header, _cells(rows))


@bp.post("/newsletters/copy")
@permission("newsletters.edit")
def copy_newsletters() -> ResponseReturnValue:
    session, form, ids = plugin().session, Confirmation(), _ticked()
    rows = writing.by_id(session, ids)
    copied = form.attempt(lambda: [writing.copy(session, row, actor()) for row in rows])
    if copied is None:
        return refused(form)
    if not ids:
        return _back(_("Nothing is ticked. Tick the newsletters first."))
    if copied:
        twins = _listed([twin.name for twin in copied])
        message = ngettext(
            "%(num)s copy was added: %(names)s.", "%(num)s copies were added: %(names)s.", len(copied), names=twins
        )
        flash(message, "success")
    return _back(_gone(len(ids) - len(rows)))


@bp.post("/newsletters/delete")
@permission("newsletters.edit")
def delete_newsletters() -> ResponseReturnValue:
    """The first press asks, naming what goes and what cannot; the second deletes."""
    session, form, ids = plugin().session, Confirmation(), _ticked()
    rows = writing.by_id(session, ids)
    if not rows:
        return _back(_gone(len(ids)) or _("Nothing is ticked. Tick the newsletters first."))
    names = {row.id: row.name for row in rows}
    sure = request.form.get("sure") == "1"
    deleted = form.attempt(lambda: writing.remove_idle(session, rows, actor())) if sure else None
    if deleted is None:
        busy = writing.being_sent(session, ids)
        sent = writing.last_sent(session, list(names))
        return page("newsletters/delete_many.html", form, rows=rows, busy=busy, sent=sent, channel=_channel())
    if deleted:
        many = ngettext("%(num)s newsletter was deleted.", "%(num)s newsletters were deleted.", len(deleted))
        flash(many, "success")
    kept = [names[number] for number in writing.being_sent(session, ids) if number in names]
    still = _("Not deleted, because they are being sent: %(names)s. Cancel the sendings first.", names=_listed(kept))
    return _back(" ".join(filter(None, [still if kept else "", _gone(len(ids) - len(rows))])))


def _channel() -> str:
    """The tab that is open; e-mail where none or an unknown one is named."""
    asked = request.values.get("channel", "")
    return asked if asked in writing.channels(plugin()) else "email"


def _ticked() -> list[int]:
    """The ids of the ticked rows, each once; numbers no database has are left out."""
    ids = [number for number in request.form.getlist("id", type=int) if 0 < number < 2**63]
    return list(dict.fromkeys(ids))[:MOST_TICKED]


def _back(warning: str = "") -> ResponseReturnValue:
    if warning:
        flash(warning, "warning")
    typed = request.form.get("q", "").strip()
    return redirect(url_for(".newsletters", channel=_channel(), q=typed or None), 303)


def _gone(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(num)s of the ticked is no longer there: somebody has deleted it.",
        "%(num)s of the ticked are no longer there: somebody has deleted them.",
        count,
    )


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _cells(rows: Iterable[tuple[Newsletter, Dispatch | None]]) -> Iterator[list[object]]:
    for row, last in rows:
        yield [
            row.id,
            words.channel(row.channel),
            row.name,
            row.subject,
            row.preheader,
            words.language(row.language),
            row.reply_to,
            row.sender,
            words.moment(row.modified_at),
            row.created_by,
            words.moment(last.due_at) if last else _("never"),
            words.dispatch_status(last.status) if last else "",
        ]
