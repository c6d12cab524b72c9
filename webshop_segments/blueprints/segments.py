"""Business Partners → Segments: the list, adding, renaming, deleting (W1 to W3)."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import Length

from ..i18n import _, lazy_gettext
from ..newsletter import dispatches
from ..plugin import plugin
from ..segments import listing, members, operations, reach
from .admin import bp, done, page
from .forms import Confirmation, Form
from .guard import actor, permission


class SegmentForm(Form):
    name = StringField(lazy_gettext("Name"), [Length(max=2000)], render_kw={"maxlength": 120, "autofocus": True})


@bp.get("/segments")
@permission("segments.view")
def segments() -> ResponseReturnValue:
    wired, words = plugin(), request.args.get("q", "")
    found = listing.page(wired.session, words, request.args.get("after", type=int))
    ids = [segment.id for segment in found.segments]
    return page(
        "segments/list.html",
        found=found,
        words=words,
        counts=members.counts(wired.session, wired.shop, ids),
        reachable=reach.reachable(wired.session, wired.shop, ids),
        last_uses=dispatches.last_uses(wired.session, ids),
    )


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
