"""My Profile → Administrators: who there is, found by words, group and state, also as a file (W10, W11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flask import request
from flask.typing import ResponseReturnValue

from ..access import FLAGS
from ..administration import listing
from ..administration.listing import Wanted
from ..administration.models import Administrator
from ..administration.own import own_administrators
from ..i18n import _
from ..plugin import plugin
from . import words
from .admin import bp, page, refused
from .areas import flag_word
from .csv_file import csv_file, wants_whole_list
from .forms import Confirmation
from .guard import permission


@bp.get("/administrators")
@permission("administrators.manage")
def administrators() -> ResponseReturnValue:
    own_administrators()
    wanted = _wanted(request.args)
    rows, groups = listing.find(plugin().session, wanted)
    return page(
        "administrators/list.html",
        Confirmation(),
        rows=rows,
        groups=groups,
        wanted=wanted,
        states={name: state_word(name) for name in listing.STATES},
        state_of=listing.state_of,
        all_flags=len(FLAGS),
    )


@bp.post("/administrators/export")
@permission("administrators.manage")
def export_administrators() -> ResponseReturnValue:
    own_administrators()
    form = Confirmation()
    if not form.validate():
        return refused(form)
    wanted = Wanted() if wants_whole_list() else _wanted(request.form)
    rows, _groups = listing.find(plugin().session, wanted)
    header = [_("Name"), _("E-mail address"), _("Group"), _("State"), _("Permissions"), _("Last login"),
              _("Added on"), _("Added by")]  # fmt: skip
    return csv_file(_("Administrators"), header, _lines(rows))


def state_word(state: str) -> str:
    """Where an account stands, in the reader's language."""
    return {
        listing.ACTIVE: _("active"),
        listing.INVITED: _("invited"),
        listing.BLOCKED: _("blocked"),
    }[state]


def _wanted(values: Mapping[str, str]) -> Wanted:
    state = values.get("state", "")
    return Wanted(
        words=values.get("q", "").strip(),
        group=values.get("group", "").strip(),
        state=state if state in listing.STATES else "",
    )


def _lines(rows: Iterable[Administrator]) -> Iterator[list[object]]:
    for one in rows:
        flags = _("main administrator, all permissions") if one.is_main else "; ".join(map(flag_word, one.flags))
        yield [
            one.name,
            one.email,
            one.group_name,
            state_word(listing.state_of(one)),
            flags,
            words.moment(one.last_login_at),
            words.moment(one.created_at),
            one.created_by,
        ]
