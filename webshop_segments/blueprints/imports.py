"""Online Marketing → Subscribers → Import: upload, name the columns, look at what would happen, accept (W31)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import BinaryIO, cast

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import Refused
from ..i18n import _, lazy_gettext
from ..plugin import plugin
from ..subscribers import columns, imports, reading, work
from ..subscribers.judging import REFUSED, TAKEN, VERDICTS
from ..subscribers.models import Import
from . import import_words, words
from .admin import bp, done, page, refused, render
from .csv_file import csv_file
from .forms import Confirmation, Form
from .guard import actor, masked, permission

_MORE_THAN_THE_FILE = 64 * 1024
_SECONDS = 1.0
"""What fits into this is done while the administrator waits; the worker does the rest."""
_AGAIN = 2
_WORDS = {
    "verdict_word": import_words.verdict,
    "verdict_meaning": import_words.meaning,
    "field_word": import_words.field,
    "import_word": import_words.status,
    "why": import_words.reason,
    "why_in_general": import_words.reason_in_general,
}


class UploadForm(Form):
    file = FileField(lazy_gettext("CSV file"), render_kw={"accept": ".csv,.txt,text/csv,text/plain"})


@bp.route("/imports", methods=["GET", "POST"], endpoint="imports")
@permission("subscribers.manage")
def all_imports() -> ResponseReturnValue:
    request.max_content_length = reading.MOST_BYTES + _MORE_THAN_THE_FILE
    try:
        form = UploadForm()
        row = _upload(form) if form.validate_on_submit() else None
    except RequestEntityTooLarge:
        raise Refused(_too_large(), status=413) from None
    except Refused as refusal:
        form.refuse(refusal)
        row = None
    if row is not None:
        return redirect(url_for(".import_", number=row.id), 303)
    if form.is_submitted() and form.status == 200:
        form.status = 422
    latest, megabytes = imports.latest(plugin().session), reading.MOST_BYTES >> 20
    return page("imports/list.html", form, latest=latest, megabytes=megabytes, days=imports.KEPT.days, **_WORDS)


@bp.get("/imports/<int:number>", endpoint="import_")
@permission("subscribers.manage")
def one_import(number: int) -> ResponseReturnValue:
    session = plugin().session
    row = imports.get(session, number)
    if row.status == imports.MAPPING:
        return redirect(url_for(".import_columns", number=number), 303)
    if row.status in (imports.READING, imports.ACCEPTING):
        return _progress(row)
    counts = imports.counts(session, row)
    chosen = request.args.get("verdict", "")
    if chosen not in VERDICTS:
        chosen = next((verdict for verdict in VERDICTS if counts.get(verdict)), REFUSED)
    rows, after = imports.rows_of(session, row, chosen, request.args.get("after", 0, type=int))
    return page(
        "imports/show.html",
        Confirmation(),
        row=row,
        facts=imports.facts_of(session, row),
        counts=counts,
        verdicts=VERDICTS,
        chosen=chosen,
        rows=rows,
        after=after,
        reasons=imports.reasons(session, row),
        taken=sum(counts.get(verdict, 0) for verdict in TAKEN),
        days=imports.KEPT.days,
        **_WORDS,
    )


@bp.route("/imports/<int:number>/columns", methods=["GET", "POST"])
@permission("subscribers.manage")
def import_columns(number: int) -> ResponseReturnValue:
    session, form = plugin().session, Confirmation()
    row = imports.get(session, number)
    facts = imports.facts_of(session, row)
    chosen = [request.form.get(f"column_{place}", field) for place, field in enumerate(facts["fields"])]

    def name() -> bool:
        imports.name_columns(session, row, chosen)
        return True

    if form.attempt(name):
        _work(row.id)
        return redirect(url_for(".import_", number=number), 303)
    if row.status != imports.MAPPING and request.method == "GET":
        return redirect(url_for(".import_", number=number), 303)
    return page("imports/columns.html", form, row=row, facts=facts, chosen=chosen, fields=columns.FIELDS, **_WORDS)


@bp.post("/imports/<int:number>/accept")
@permission("subscribers.manage")
def accept_import(number: int) -> ResponseReturnValue:
    session, form = plugin().session, Confirmation()
    row = imports.get(session, number)

    def accept() -> bool:
        imports.accept(session, row, actor())
        return True

    if not form.attempt(accept):
        return refused(form)
    _work(number)
    return done(_("The import was accepted."), ".import_", number=number)


@bp.post("/imports/<int:number>/discard")
@permission("subscribers.manage")
def discard_import(number: int) -> ResponseReturnValue:
    session, form = plugin().session, Confirmation()
    row = imports.get(session, number)

    def discard() -> bool:
        imports.discard(session, row, actor())
        return True

    if not form.attempt(discard):
        return refused(form)
    _work(number)
    return done(_("The import was discarded; nobody was added."), ".imports")


@bp.post("/imports/<int:number>/refused")
@permission("subscribers.manage")
def refused_rows(number: int) -> ResponseReturnValue:
    """The refused rows as they came, with the reason; where names are hidden, without the cells."""
    session, form = plugin().session, Confirmation()
    row = imports.get(session, number)
    if not form.validate_on_submit():
        return refused(form)
    facts = imports.facts_of(session, row)
    header = [_("Line"), _("Why it was refused"), *(() if masked() else facts["header"])]
    return csv_file("refused-rows", header, _refused_lines(row))


def _refused_lines(row: Import) -> Iterator[Sequence[object]]:
    session, after, hidden = plugin().session, 0, masked()
    number: int | None = row.id
    while number is not None:
        rows, following = imports.rows_of(session, row, REFUSED, after, 500)
        for found in rows:
            why = import_words.reason(found.reason, found.values.get("about", ""))
            yield [found.line, why, *(() if hidden else found.values["cells"])]
        after, number = following or 0, following


def _upload(form: UploadForm) -> Import:
    """Keep the file's rows, committing as they come."""
    session, given = plugin().session, form.file.data
    if not given or not given.filename:
        raise Refused(_("Choose a CSV file first."), field="file")
    file = cast(BinaryIO, given.stream)
    if file.seek(0, 2) > reading.MOST_BYTES:
        raise Refused(_too_large(), field="file", status=413)
    how = reading.layout(file)
    row = imports.begin(session, given.filename, how, actor())
    session.commit()
    try:
        for _slice in imports.store(session, row, file, how):
            session.commit()
    except Refused:
        session.rollback()
        imports.discard(session, row, actor())
        session.commit()
        _work(row.id)
        raise
    _work(row.id)
    return row


def _too_large() -> str:
    return _("The file has more than %(most)s MB. Split it.", most=words.number(reading.MOST_BYTES >> 20))


def _work(number: int) -> None:
    wired, until = plugin(), monotonic() + _SECONDS
    while work.step(wired.session, wired, number):
        wired.session.commit()
        if monotonic() > until:
            break
    wired.session.commit()


def _progress(row: Import) -> ResponseReturnValue:
    session = plugin().session
    facts = imports.facts_of(session, row)
    total = facts["rows"] if row.status == imports.READING else sum(facts["expected"].get(name, 0) for name in TAKEN)
    waiting = TAKEN if row.status == imports.ACCEPTING else VERDICTS
    found = work.left(session, row, waiting)
    finished = total - found if row.status == imports.ACCEPTING else found
    # The header works without JavaScript.
    return render("imports/progress.html", row=row, total=total, finished=finished), 200, {"Refresh": str(_AGAIN)}
