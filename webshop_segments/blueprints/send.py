"""Send newsletter: choose segments, see who gets it and why not the rest, press Send or set a time (W42 to W48)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_currency

from ..errors import Refused
from ..i18n import _
from ..newsletter import dispatches as sending
from ..newsletter import following, forecast, scheduling, sendings, trial
from ..newsletter import newsletters as writing
from ..newsletter.models import Dispatch, Newsletter
from ..newsletter.trial import Preview
from ..plugin import plugin
from ..segments import listing, members, operations
from ..segments.audience import Choice
from .admin import bp, done, page
from .guard import actor, permission
from .readers import example
from .send_form import SendForm
from .times import times
from .words import moment

PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom the page was asked about, by ids of segments; ``follows`` is an earlier sending whose choice holds."""

    newsletter: Newsletter
    segment_ids: list[int]
    excluded_ids: list[int]
    follows: Dispatch | None = None

    @property
    def choice(self) -> Choice:
        if self.follows is not None:
            return following.choice_since(self.follows)
        row, ids = self.newsletter, tuple(self.segment_ids)
        return Choice(row.channel, not ids, ids, row.language, tuple(self.excluded_ids))

    @property
    def here(self) -> dict[str, Any]:
        """The values of a link to the same question."""
        if self.follows is not None:
            return {"dispatch_id": self.follows.id}
        chosen = {"segment": self.segment_ids, "excluded": self.excluded_ids}
        audience = "segments" if self.segment_ids else "all"
        return {"newsletter_id": self.newsletter.id, "audience": audience, **chosen}


@bp.get("/newsletters/<int:newsletter_id>/send")
@permission("newsletters.send")
def choose_segments(newsletter_id: int) -> ResponseReturnValue:
    session, words = plugin().session, request.args.get("q", "").strip()
    row = writing.get(session, newsletter_id)
    found = listing.page(session, words, request.args.get("after", type=int), PAGE)
    counts = members.counts(session, plugin().shop, [segment.id for segment in found.segments])
    chosen, excluded = _ids("segment"), _ids("excluded")
    ticked = operations.by_id(session, [*chosen, *excluded])
    return page(
        "dispatches/choose.html",
        row=row,
        found=found,
        words=words,
        chosen=chosen,
        excluded=excluded,
        ticked=ticked,
        counts=counts,
    )


@bp.route("/newsletters/<int:newsletter_id>/confirm", methods=["GET", "POST"])
@permission("newsletters.send")
def confirm_sending(newsletter_id: int) -> ResponseReturnValue:
    wired, form = plugin(), SendForm()
    asked = _asked(newsletter_id)
    row, again = asked.newsletter, asked.here
    if request.values.get("audience") == "segments" and not asked.segment_ids:
        return redirect(url_for(".choose_segments", **again | {"audience": "segments", "none_chosen": 1}))
    before = writing.last_sent(wired.session, [row.id]).get(row.id)

    def start() -> Dispatch:
        key = form.request_key.data or ""
        if before is not None and before.request_key != key and not form.again.data:
            raise Refused(_("It was sent before. Tick that you want to send it again."), field="again", status=409)
        return _start(form, asked)

    started = form.attempt(start)
    return _started(form, started) if started is not None else _confirm(form, asked, before)


@bp.route("/dispatches/<int:dispatch_id>/follow", methods=["GET", "POST"])
@permission("newsletters.send")
def follow_dispatch(dispatch_id: int) -> ResponseReturnValue:
    """Send it to those of the same choice who became reachable since (W49)."""
    form, asked = SendForm(), _following(dispatch_id)
    started = form.attempt(lambda: _start(form, asked))
    return _started(form, started) if started is not None else _confirm(form, asked, None)


@bp.get("/newsletters/<int:newsletter_id>/confirm/reach")
@permission("newsletters.send")
def reach_of_sending(newsletter_id: int) -> ResponseReturnValue:
    """The part of the confirmation page that takes long where there are many people."""
    return _reach(_asked(newsletter_id))


@bp.get("/dispatches/<int:dispatch_id>/follow/reach")
@permission("newsletters.send")
def reach_of_following(dispatch_id: int) -> ResponseReturnValue:
    return _reach(_following(dispatch_id))


def _asked(newsletter_id: int) -> Asked:
    return Asked(writing.get(plugin().session, newsletter_id), _ids("segment"), _ids("excluded"))


def _following(dispatch_id: int) -> Asked:
    session = plugin().session
    earlier = sending.get(session, dispatch_id)
    newsletter_id = sendings.newsletter_id(session, earlier)
    if newsletter_id is None:
        raise Refused(_("The newsletter of this sending was deleted, so nothing can be added to it."), status=409)
    return Asked(writing.get(session, newsletter_id), [], [], earlier)


def _ids(name: str) -> list[int]:
    """Ids of segments. One that cannot be read must never turn some segments into everybody.

    :raises Refused: for what is no id.
    """
    typed = request.values.getlist(name)
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in typed):
        raise Refused(_("One of the chosen segments cannot be read. Choose again."), status=422)
    return list(dict.fromkeys(int(text) for text in typed))


def _start(form: SendForm, asked: Asked) -> Dispatch:
    wired, key, copy = plugin(), form.request_key.data or "", bool(form.control_copy.data)
    if not key or len(key) > 64:
        raise Refused(_("Nothing was sent. Go back and try again."), status=422)
    return scheduling.start(
        wired.session, wired, asked.newsletter, asked.segment_ids, key, actor(),
        excluded_ids=asked.excluded_ids, follows=asked.follows, control_copy=copy, due_at=form.time(),
    )  # fmt: skip


def _started(form: SendForm, started: Dispatch) -> ResponseReturnValue:
    later = _("“%(name)s” leaves on %(date)s.", name=started.name, date=moment(started.due_at))
    at_once = _("“%(name)s” is on its way.", name=started.name)
    return done(later if form.when.data == "later" else at_once, ".dispatch", dispatch_id=started.id)


def _confirm(form: SendForm, asked: Asked, before: Dispatch | None) -> ResponseReturnValue:
    wired = plugin()
    problem, preview = _tried(asked)
    # What was filled in on a page that is refused would be gone from a part that arrives later.
    waits = form.is_submitted() or "counted" in request.values
    quick = waits or forecast.is_quick(wired.session, wired.shop, asked.choice)
    if asked.follows is not None:
        segments = [(segment.name, segment.excluded) for segment in asked.follows.segments]
    else:
        found = operations.by_id(wired.session, [*asked.segment_ids, *asked.excluded_ids])
        segments = [(segment.name, segment.id in asked.excluded_ids) for segment in found]
    return page(
        "dispatches/confirm.html",
        form=form,
        row=asked.newsletter,
        asked=asked,
        segments=segments,
        before=before,
        problem=problem,
        preview=preview,
        person=example(),
        **(_counted(asked, preview) if quick else {"reach": None}),
    )


def _reach(asked: Asked) -> ResponseReturnValue:
    problem, preview = _tried(asked)
    known = {"row": asked.newsletter, "asked": asked, "problem": problem}
    return page("dispatches/reach.html", form=SendForm(formdata=None), **known, **_counted(asked, preview))


def _counted(asked: Asked, preview: Preview | None) -> dict[str, Any]:
    wired, channel = plugin(), asked.newsletter.channel
    reach = forecast.reach(wired.session, wired.shop, asked.choice)
    measure = preview.measure if preview else None
    return {
        "reach": reach,
        "seconds": forecast.seconds_for(wired.session, wired, channel, reach.count),
        "measure": measure,
        "cost": forecast.cost(wired, channel, measure.parts, reach.count) if measure else None,
        "money": format_currency,
        "control": sending.control_address(wired, channel),
        **times(),
    }


def _tried(asked: Asked) -> tuple[str | None, Preview | None]:
    """What would keep a newsletter from leaving, said before Send is pressed, and how it will look."""
    wired, row = plugin(), asked.newsletter
    preview = None
    try:
        preview = trial.preview(wired, row, example())
        sending.ready(wired, row)
        if asked.follows is not None:
            following.ended(wired.session, asked.follows)
        else:
            sending.chosen(wired.session, asked.segment_ids, asked.excluded_ids)
    except Refused as refusal:
        return str(refusal), preview
    return None, preview
