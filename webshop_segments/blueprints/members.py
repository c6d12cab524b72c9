"""A segment's details: its members, listed as each administrator likes, added and removed (W4 to W6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from ..consent import state
from ..directory.partners import PARTNER, MemberKey
from ..directory.people import SUBSCRIBER
from ..errors import Refused
from ..i18n import _, ngettext
from ..plugin import plugin
from ..segments import crowds, members, operations, roll
from ..segments.roll import View
from . import segment_columns
from .admin import bp, done, page, refused
from .forms import Confirmation
from .guard import actor, permission

AT_ONCE = 5_000
"""So many members are counted before the page is shown; a larger number comes after it."""

MOST_PEOPLE = 10
"""So many contacts of a company are shown in the list."""


@bp.get("/segments/<int:segment_id>")
@permission("segments.view")
def segment(segment_id: int) -> ResponseReturnValue:
    wired, after = plugin(), request.args.get("after", type=int)
    shown = operations.get(wired.session, segment_id)
    found = roll.page(wired.session, wired.shop, shown, view_of(request.args), after)
    people = [key for _row, member in found.rows if member for key in member.people]
    counted = "counted" in request.args or members.stored(wired.session, [segment_id], AT_ONCE + 1) <= AT_ONCE
    return page(
        "segments/details.html",
        form=Confirmation(),
        segment=shown,
        found=found,
        view=found.view,
        query=query_of(found.view),
        sort_url=lambda name: url_for(".segment", segment_id=segment_id, **query_of(_turned(found.view, name))),
        indexed=roll.SORTED_BY_INDEX,
        few=roll.FEW,
        most_people=MOST_PEOPLE,
        columns=segment_columns.shown(),
        labels=segment_columns.labels(),
        cells=segment_columns,
        counts=members.counts(wired.session, wired.shop, [segment_id])[segment_id] if counted else None,
        statuses=state.statuses(wired.session, people),
        removal=crowds.removal(wired.session, shown, request.args.get("removed", type=int)),
    )


@bp.post("/segments/<int:segment_id>/members")
@permission("segments.manage")
def add_members(segment_id: int) -> ResponseReturnValue:
    wired, form = plugin(), Confirmation()
    shown = operations.get(wired.session, segment_id)
    keys = [_key(value) for value in request.form.getlist("member")]
    added = form.attempt(lambda: members.add(wired.session, wired.shop, shown, keys, actor()))
    if added is None:
        return refused(form)
    return done(added_message(added) if added else _("Nobody new was ticked."), ".segment", segment_id=segment_id)


@bp.route("/segments/<int:segment_id>/members/remove", methods=["GET", "POST"])
@permission("segments.manage")
def remove_members(segment_id: int) -> ResponseReturnValue:
    """The ticked ones, or everybody the view shows."""
    wired, form, view = plugin(), Confirmation(), view_of(request.values)
    shown = operations.get(wired.session, segment_id)
    ids, everybody = request.values.getlist("id", type=int), "all" in request.values
    number = crowds.count(wired.session, wired.shop, shown, view) if everybody else len(ids)

    def remove() -> int:
        if everybody:
            expected = request.form.get("expected", -1, type=int)
            return crowds.remove_all(wired.session, wired.shop, shown, view, expected, actor())
        return members.remove(wired.session, shown, ids, actor())

    removed = form.attempt(remove)
    if removed is not None:
        message = ngettext("%(num)s member was removed.", "%(num)s members were removed.", removed)
        event = crowds.last_removal(wired.session, shown, actor()) if removed else None
        return done(message, ".segment", segment_id=segment_id, removed=event)
    values = {"ids": ids, "everybody": everybody, "leaving": number, "query": query_of(view)}
    return page("segments/remove.html", form=form, segment=shown, **values)


@bp.post("/segments/<int:segment_id>/members/put-back/<int:event_id>")
@permission("segments.manage")
def put_back_members(segment_id: int, event_id: int) -> ResponseReturnValue:
    wired, form = plugin(), Confirmation()
    shown = operations.get(wired.session, segment_id)
    added = form.attempt(lambda: crowds.put_back(wired.session, wired.shop, shown, event_id, actor()))
    if added is None:
        return refused(form)
    message = ngettext("%(num)s member is back.", "%(num)s members are back.", added)
    return done(message, ".segment", segment_id=segment_id)


def view_of(given: Any) -> View:
    """What an address or a form asks to see; what it does not know is left out."""
    sort: str = given.get("sort", "")
    name, kind = sort.removeprefix("-"), given.get("kind", "")
    known = name in segment_columns.sortable()
    return View(
        words=given.get("q", "").strip(),
        kind=kind if kind in (PARTNER, SUBSCRIBER) else "",
        sort=name if known else "added_at",
        descending=known and sort.startswith("-"),
    )


def query_of(view: View) -> dict[str, Any]:
    """A view as parts of an address, without what is the default anyway."""
    sort = f"-{view.sort}" if view.descending else view.sort
    parts = {"q": view.words, "kind": view.kind, "sort": "" if sort == "added_at" else sort}
    return {name: value for name, value in parts.items() if value}


def _turned(view: View, name: str) -> View:
    """Sorted by a column; by the same one the other way round."""
    return replace(view, sort=name, descending=view.sort == name and not view.descending)


def added_message(count: int) -> str:
    return ngettext("%(num)s member was added.", "%(num)s members were added.", count)


def _key(value: str) -> MemberKey:
    kind, separator, ref = value.partition(":")
    if kind not in (PARTNER, SUBSCRIBER) or not separator:
        raise Refused(_("One of the chosen customers is no longer in the shop. Search again."), status=409)
    return MemberKey(kind, ref)
