"""A segment's details: its members, listed, searched for, added and removed (W4 to W6)."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from ..consent import state
from ..directory import partners
from ..directory.partners import MemberKey
from ..errors import Refused
from ..i18n import _, ngettext
from ..plugin import plugin
from ..segments import members, operations
from .admin import bp, done, page, refused
from .forms import Confirmation
from .guard import actor, permission


@bp.get("/segments/<int:segment_id>")
@permission("segments.view")
def segment(segment_id: int) -> ResponseReturnValue:
    wired = plugin()
    shown = operations.get(wired.session, segment_id)
    rows, after = members.page(wired.session, wired.shop, shown, request.args.get("after", 0, type=int), 50)
    people = [key for _row, member in rows if member for key in member.people]
    return page(
        "segments/details.html",
        form=Confirmation(),
        segment=shown,
        rows=rows,
        after=after,
        counts=members.counts(wired.session, wired.shop, [segment_id])[segment_id],
        statuses=state.statuses(wired.session, people),
    )


@bp.get("/segments/<int:segment_id>/search")
@permission("segments.manage")
def search_members(segment_id: int) -> ResponseReturnValue:
    wired, words = plugin(), request.args.get("q", "").strip()
    shown = operations.get(wired.session, segment_id)
    found = partners.search(wired.session, wired.shop, words) if words else []
    present = members.present(wired.session, shown, [member.key for member in found])
    return page("segments/search.html", form=Confirmation(), segment=shown, words=words, found=found, present=present)


@bp.post("/segments/<int:segment_id>/members")
@permission("segments.manage")
def add_members(segment_id: int) -> ResponseReturnValue:
    wired, form = plugin(), Confirmation()
    shown = operations.get(wired.session, segment_id)
    keys = [_key(value) for value in request.form.getlist("member")]
    added = form.attempt(lambda: members.add(wired.session, wired.shop, shown, keys, actor()))
    if added is None:
        return refused(form)
    message = ngettext("%(num)s member was added.", "%(num)s members were added.", added)
    return done(message if added else _("Nobody new was ticked."), ".segment", segment_id=segment_id)


@bp.route("/segments/<int:segment_id>/members/remove", methods=["GET", "POST"])
@permission("segments.manage")
def remove_members(segment_id: int) -> ResponseReturnValue:
    wired, form = plugin(), Confirmation()
    shown = operations.get(wired.session, segment_id)
    ids = request.values.getlist("id", type=int)
    removed = form.attempt(lambda: members.remove(wired.session, shown, ids, actor()))
    if removed is not None:
        message = ngettext("%(num)s member was removed.", "%(num)s members were removed.", removed)
        return done(message, ".segment", segment_id=segment_id)
    return page("segments/remove.html", form=form, segment=shown, ids=ids)


def _key(value: str) -> MemberKey:
    kind, separator, ref = value.partition(":")
    if kind not in ("partner", "subscriber") or not separator:
        raise Refused(_("One of the chosen customers is no longer in the shop. Search again."), status=409)
    return MemberKey(kind, ref)
