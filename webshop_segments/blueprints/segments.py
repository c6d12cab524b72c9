"""Business Partners → Segments: the list, adding, renaming, deleting (W1 to W3)."""

from __future__ import annotations

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import Length

from ..i18n import _, lazy_gettext, ngettext
from ..newsletter import dispatches, uses
from ..plugin import plugin
from ..segments import listing, members, operations, reach
from .admin import bp, done, page, refused
from .forms import Confirmation, Form
from .guard import actor, permission

MOST_TICKED, MOST_SAID = 500, 5
AT_ONCE = 5_000
"""With so many members a page is counted before it is shown, with more the numbers come after it."""


class SegmentForm(Form):
    name = StringField(lazy_gettext("Name"), [Length(max=2000)], render_kw={"maxlength": 120, "autofocus": True})


@bp.get("/segments")
@permission("segments.view")
def segments() -> ResponseReturnValue:
    wired, words = plugin(), request.args.get("q", "").strip()
    found = listing.page(wired.session, words, request.args.get("after", type=int))
    ids = [segment.id for segment in found.segments]
    how = request.args.get("counted", "")
    few = how == "all" or members.stored(wired.session, ids, AT_ONCE + 1) <= AT_ONCE
    return page(
        "segments/list.html",
        form=Confirmation(),
        found=found,
        words=words,
        after=request.args.get("after", type=int),
        counts=members.counts(wired.session, wired.shop, ids) if few or how == "members" else None,
        reachable=reach.reachable(wired.session, wired.shop, ids) if few else None,
        last_uses=dispatches.last_uses(wired.session, ids),
        uses=uses.of_segments(wired.session, ids),
    )


@bp.get("/segments/<int:segment_id>/reach")
@permission("segments.view")
def segment_reach(segment_id: int) -> ResponseReturnValue:
    """The part of the list that takes longest, a segment at a time."""
    wired = plugin()
    segment = operations.get(wired.session, segment_id)
    reachable = reach.reachable(wired.session, wired.shop, [segment_id])
    return page("segments/_reach.html", segment=segment, reachable=reachable)


@bp.route("/segments/add", methods=["GET", "POST"])
@permission("segments.manage")
def add_segment() -> ResponseReturnValue:
    form = SegmentForm()
    segment = form.attempt(lambda: operations.add(plugin().session, form.name.data or "", actor()))
    if segment is not None:
        return done(_("The segment “%(name)s” was added.", name=segment.name), ".segment", segment_id=segment.id)
    return page("segments/form.html", form=form, segment=None, back=url_for(".segments"))


@bp.route("/segments/<int:segment_id>/rename", methods=["GET", "POST"])
@permission("segments.manage")
def rename_segment(segment_id: int) -> ResponseReturnValue:
    session = plugin().session
    segment = operations.get(session, segment_id)
    form = SegmentForm(obj=segment)

    def rename() -> bool:
        operations.rename(session, segment, form.name.data or "", actor())
        return True

    if form.attempt(rename):
        return done(_("The segment is now called “%(name)s”.", name=segment.name), ".segment", segment_id=segment_id)
    return page("segments/form.html", form=form, segment=segment, back=url_for(".segment", segment_id=segment_id))


@bp.route("/segments/<int:segment_id>/delete", methods=["GET", "POST"])
@permission("segments.manage")
def delete_segment(segment_id: int) -> ResponseReturnValue:
    wired = plugin()
    segment = operations.get(wired.session, segment_id)
    name, form = segment.name, Confirmation()

    def delete() -> bool:
        used_by = dispatches.unfinished_of_segment(wired.session, segment_id)
        operations.remove(wired.session, wired.shop, segment, used_by, actor())
        return True

    if form.attempt(delete):
        return done(_("The segment “%(name)s” was deleted.", name=name), ".segments")
    counts = members.counts(wired.session, wired.shop, [segment_id])[segment_id]
    return page("segments/delete.html", form=form, segment=segment, counts=counts)


@bp.post("/segments/delete")
@permission("segments.manage")
def delete_segments() -> ResponseReturnValue:
    """The ticked ones: asked once, then those that are empty are deleted."""
    wired, form = plugin(), Confirmation()
    if not form.attempt(lambda: True):
        return refused(form)
    chosen = operations.by_id(wired.session, request.form.getlist("id", type=int)[:MOST_TICKED])
    ids = [segment.id for segment in chosen]
    used_by = uses.unfinished_of_segments(wired.session, ids)

    def delete() -> tuple[list[str], list[str]]:
        return operations.remove_empty(wired.session, wired.shop, chosen, used_by, actor())

    outcome = form.attempt(delete) if "confirmed" in request.form else None
    if outcome is not None:
        deleted, kept = outcome
        for sentence in kept[:MOST_SAID]:
            flash(sentence, "warning")
        if len(kept) > MOST_SAID:
            flash(ngettext("%(num)s more stays.", "%(num)s more stay.", len(kept) - MOST_SAID), "warning")
        message = ngettext("%(num)s segment was deleted.", "%(num)s segments were deleted.", len(deleted))
        return done(message if deleted else _("No segment was deleted."), ".segments")
    counts = members.counts(wired.session, wired.shop, ids)
    return page("segments/delete_ticked.html", form=form, chosen=chosen, counts=counts, used_by=used_by)
