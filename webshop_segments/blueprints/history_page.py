"""My Profile → History: read, narrowed, and taken as a file (W14)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue

from ..administration import history as events
from ..administration.models import Audit
from ..i18n import _
from ..plugin import plugin
from .admin import bp, page, refused
from .csv_file import csv_file, wants_whole_list
from .forms import Confirmation
from .guard import permission
from .history import actions, details, subjects, what, which, who
from .history_filter import HistoryFilter
from .history_links import links


@bp.get("/history")
@permission("audit.view")
def history() -> ResponseReturnValue:
    session, filters = plugin().session, HistoryFilter(request.args)
    wanted, before = filters.wanted, request.args.get("before", type=int)
    rows, following = events.events(session, wanted, before) if wanted else ([], None)
    form = Confirmation()
    form.status = 422 if wanted is None else 200
    return page(
        "history/list.html",
        form,
        rows=rows,
        total=events.count(session, wanted) if wanted else 0,
        counted=events.COUNTED,
        before=before,
        following=following,
        filters=filters,
        groups=_groups(),
        links=links(rows),
        what=what,
        who=who,
        which=which,
        details=details,
    )


@bp.post("/history/export")
@permission("audit.view")
def export_history() -> ResponseReturnValue:
    form, filters = Confirmation(), HistoryFilter({} if wants_whole_list() else request.form)
    if not form.validate():
        return refused(form)
    zone = plugin().settings.timezone
    header = [_("When (%(zone)s)", zone=zone.key), _("Who"), _("What"), _("Object"), _("Details"), _("From")]
    return csv_file(_("History"), header, _lines(events.every(plugin().session, filters.wanted_or_refused()), zone))


def _groups() -> dict[str, dict[str, Any]]:
    """The actions by what they are about, for the filter."""
    groups: dict[str, dict[str, Any]] = {}
    for action, word in actions().items():
        subject = action.partition(".")[0]
        groups.setdefault(subject, {"label": subjects().get(subject, subject), "actions": {}})["actions"][action] = word
    return groups


def _lines(rows: Iterable[Audit], zone: ZoneInfo) -> Iterator[list[object]]:
    for event in rows:
        when = event.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        yield [when, who(event), what(event), which(event), "; ".join(details(event)), event.ip]
