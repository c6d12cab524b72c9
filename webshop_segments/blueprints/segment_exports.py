"""The list of segments and a segment's members as files (W7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flask import request
from flask.typing import ResponseReturnValue

from ..consent import state
from ..i18n import _
from ..newsletter import dispatches, uses
from ..plugin import plugin
from ..segments import listing, members, operations, reach, roll
from ..segments.models import Segment
from ..segments.roll import Row, View
from . import segment_columns, words
from .admin import bp, refused
from .csv_file import csv_file, wants_whole_list
from .forms import Confirmation
from .guard import permission
from .members import view_of


@bp.post("/segments/export")
@permission("segments.view")
def export_segments() -> ResponseReturnValue:
    """All of them, those the search finds, or the ticked."""
    session, form = plugin().session, Confirmation()
    if not form.attempt(lambda: True):
        return refused(form)
    chunks: Iterable[Sequence[Segment]]
    if request.form.get("extent") == "ticked":
        chunks = [operations.by_id(session, request.form.getlist("id", type=int))]
    else:
        chunks = listing.whole(session, "" if wants_whole_list() else request.form.get("q", ""))
    header = [_("Name"), _("Business partners"), _("Subscribers"), _("No longer in the shop")]
    header += [_("Reachable by e-mail"), _("Reachable by SMS"), _("Last used"), _("Used by")]
    return csv_file(_("Segments"), [*header, _("Added on"), _("Added by")], _segments(chunks))


@bp.post("/segments/<int:segment_id>/export")
@permission("segments.view")
def export_members(segment_id: int) -> ResponseReturnValue:
    """With the columns the administrator has chosen."""
    wired, form = plugin(), Confirmation()
    segment = operations.get(wired.session, segment_id)
    if not form.attempt(lambda: True):
        return refused(form)
    view = View() if wants_whole_list() else view_of(request.form)
    columns = segment_columns.shown()
    chunks = roll.everyone(wired.session, wired.shop, segment, view)
    return csv_file(segment.name, segment_columns.header(columns), _members(chunks, columns))


def _segments(chunks: Iterable[Sequence[Segment]]) -> Iterator[list[object]]:
    session, shop = plugin().session, plugin().shop
    for chunk in chunks:
        ids = [segment.id for segment in chunk]
        counts, reached = members.counts(session, shop, ids), reach.reachable(session, shop, ids)
        last, used_by = dispatches.last_uses(session, ids), uses.of_segments(session, ids)
        for segment in chunk:
            count, newest = counts[segment.id], last.get(segment.id)
            yield [
                segment.name,
                count.partners,
                count.subscribers,
                count.gone,
                *(reached.get((segment.id, channel), 0) for channel in ("email", "sms")),
                words.moment(newest.created_at) if newest else "",
                ", ".join(use.name for use in used_by[segment.id].named) if segment.id in used_by else "",
                words.moment(segment.created_at),
                segment.created_by,
            ]


def _members(chunks: Iterable[Sequence[Row]], columns: list[str]) -> Iterator[list[str]]:
    for chunk in chunks:
        people = [key for _row, member in chunk if member for key in member.people]
        statuses = state.statuses(plugin().session, people) if "consents" in columns else {}
        for row, member in chunk:
            yield from segment_columns.lines(row, member, columns, statuses)
