"""Call lists: per segment whom the shop may call, with the proof, read and exported (W26)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import request
from flask.typing import ResponseReturnValue

from ..consent import versions
from ..directory.people import PersonKey
from ..i18n import _
from ..plugin import plugin
from ..segments import call_list, listing, operations, reach
from ..segments.call_list import Entry
from . import words
from .admin import bp, page, refused
from .csv_file import csv_file
from .forms import Confirmation
from .guard import actor, permission


@bp.get("/call-lists")
@permission("subscribers.view")
def call_lists() -> ResponseReturnValue:
    wired, typed = plugin(), request.args.get("q", "").strip()
    found = listing.page(wired.session, typed, request.args.get("after", type=int))
    return page(
        "call_lists/list.html",
        found=found,
        typed=typed,
        reachable=reach.reachable(wired.session, wired.shop, [segment.id for segment in found.segments]),
        asked=versions.collects(wired.session, "phone"),
    )


@bp.get("/call-lists/<int:segment_id>")
@permission("subscribers.view")
def segment_call_list(segment_id: int) -> ResponseReturnValue:
    wired = plugin()
    segment = operations.get(wired.session, segment_id)
    return page(
        "call_lists/show.html",
        form=Confirmation(),
        segment=segment,
        found=call_list.page(wired.session, wired.shop, segment, _after(request.args.get("after", ""))),
        exports=call_list.exports(wired.session, segment),
        asked=versions.collects(wired.session, "phone"),
    )


@bp.post("/call-lists/<int:segment_id>/export")
@permission("subscribers.view")
def export_call_list(segment_id: int) -> ResponseReturnValue:
    """Each export is a logged use of the consents on the list."""
    wired, form = plugin(), Confirmation()
    segment = operations.get(wired.session, segment_id)
    callees = form.attempt(lambda: call_list.take(wired.session, wired.shop, segment, actor()))
    if callees is None:
        return refused(form)
    header = [
        _("Name"),
        _("Company"),
        _("Phone"),
        _("Version"),
        _("Agreed on"),
        _("Where"),
        _("Number in the register"),
    ]
    entries = call_list.entries(wired.session, wired.shop, callees)
    return csv_file("call-list", header, _rows(entries))


def _rows(entries: Iterator[Entry]) -> Iterator[list[object]]:
    for entry in entries:
        yield [
            words.person(entry.name),
            words.person(entry.company),
            words.address("phone", entry.callee.number),
            entry.proof.version,
            words.moment(entry.proof.at),
            words.source(entry.proof.source),
            entry.callee.record_id,
        ]


def _after(posted: str) -> PersonKey | None:
    kind, separator, ref = posted.partition(":")
    return PersonKey(kind, ref) if separator else None
