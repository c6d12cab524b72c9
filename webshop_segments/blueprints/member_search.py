"""Finding customers for a segment: by search, one, many or all of those found, or by a pasted list (W6)."""

from __future__ import annotations

import re

from flask import request
from flask.typing import ResponseReturnValue

from ..directory import partners
from ..errors import Refused
from ..i18n import _
from ..plugin import plugin
from ..segments import crowds, members, operations
from .admin import bp, done, page, refused
from .forms import Confirmation
from .guard import actor, permission
from .members import added_message
from .words import number

MOST_SHOWN = 50
MOST_LISTED = 1_000


@bp.get("/segments/<int:segment_id>/search")
@permission("segments.manage")
def search_members(segment_id: int) -> ResponseReturnValue:
    wired, words = plugin(), request.args.get("q", "").strip()
    shown = operations.get(wired.session, segment_id)
    later = bool(words) and "now" not in request.args and not partners.are_few(wired.session, wired.shop)
    found = partners.search(wired.session, wired.shop, words, MOST_SHOWN) if words and not later else []
    present = members.present(wired.session, shown, [member.key for member in found])
    return page(
        "segments/search.html",
        form=Confirmation(),
        segment=shown,
        words=words,
        found=found,
        present=present,
        more=len(found) == MOST_SHOWN,
        later=later,
    )


@bp.route("/segments/<int:segment_id>/members/found", methods=["GET", "POST"])
@permission("segments.manage")
def add_found_members(segment_id: int) -> ResponseReturnValue:
    """Everybody a search finds, after their number was said."""
    wired, form, words = plugin(), Confirmation(), request.values.get("q", "").strip()
    shown = operations.get(wired.session, segment_id)
    if not words:
        raise Refused(_("Search for somebody first."))

    def add() -> int:
        expected = request.form.get("expected", -1, type=int)
        return crowds.add_found(wired.session, wired.shop, shown, words, expected, actor())

    added = form.attempt(add)
    if added is not None:
        return done(added_message(added), ".segment", segment_id=segment_id)
    number = crowds.missing(wired.session, wired.shop, shown, words)
    return page("segments/add_found.html", form=form, segment=shown, words=words, number_found=number)


@bp.post("/segments/<int:segment_id>/members/listed")
@permission("segments.manage")
def listed_members(segment_id: int) -> ResponseReturnValue:
    """Whom a pasted list means, ticked; adds nobody yet."""
    wired, form = plugin(), Confirmation()
    shown = operations.get(wired.session, segment_id)
    if not form.attempt(lambda: True):
        return refused(form)
    found = partners.listed(wired.session, wired.shop, _lines(request.form.get("lines", "")))
    keys = list(dict.fromkeys(key for line in found.values() for key in line))
    members_found = partners.find(wired.session, wired.shop, keys)
    return page(
        "segments/search.html",
        form=form,
        segment=shown,
        words="",
        found=[members_found[key] for key in keys if key in members_found],
        present=members.present(wired.session, shown, keys),
        more=False,
        unknown=[line for line, whom in found.items() if not whom],
        listed=True,
    )


def _lines(pasted: str) -> list[str]:
    """:raises Refused: for an empty list, or one longer than a page can show."""
    shown = "".join(char if char.isprintable() else "\n" for char in pasted[: MOST_LISTED * 300])
    lines = list(dict.fromkeys(filter(None, (line.strip(" ;,<>") for line in re.split(r"[\n;,]", shown)))))
    if not lines:
        raise Refused(_("The list is empty. Paste e-mail addresses or customer numbers, one in each line."))
    if len(lines) > MOST_LISTED or len(pasted) > MOST_LISTED * 300:
        most = number(MOST_LISTED)
        raise Refused(_("The list is too long. Paste %(most)s lines at most, and the others after them.", most=most))
    return lines
