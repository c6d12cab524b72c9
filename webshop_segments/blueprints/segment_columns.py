"""The columns of a segment's members: named, chosen by each administrator, and as text for a file (W5, W7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from ..administration import views
from ..directory.partners import PARTNER, Member
from ..directory.people import SUBSCRIBER, PersonKey
from ..i18n import _
from ..plugin import plugin
from ..segments import operations
from ..segments.models import SegmentMember
from . import words
from .admin import bp, done, refused
from .forms import Confirmation
from .guard import actor, masked, permission

VIEW = "segment.members"
NAME = "name"
"""Always shown: a list without names could not be read."""

DEFAULT = ("kind", "contact", "email", "consents", "added_at")
PER_PERSON = ("contact", "email", "phone", "consents")
"""A company has a line for each of its contacts; the other columns are the member's own."""

CHANNELS = ("email", "sms", "whatsapp", "phone")


def labels() -> dict[str, str]:
    """Every column in its order, but the name, by what it is called."""
    return {
        "kind": _("Kind"),
        "type": _("Type"),
        "contact": _("Contact person"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "street": _("Street"),
        "postal_code": _("Postal code"),
        "city": _("City"),
        "country": _("Country"),
        "tax_number": _("Tax number"),
        "created_at": _("Account created on"),
        "status": _("Account status"),
        "consents": _("Consents"),
        "added_at": _("Added on"),
        "added_by": _("Added by"),
    }


def sortable() -> list[str]:
    """The columns that sort at most :data:`~.roll.FEW` rows, and those an index carries."""
    return [NAME, *(name for name in labels() if name != "consents")]


def shown() -> list[str]:
    """The columns the current administrator sees beside the name."""
    return views.columns(plugin().session, actor(), VIEW, list(labels()), DEFAULT)


@bp.post("/segments/<int:segment_id>/columns")
@permission("segments.view")
def choose_columns(segment_id: int) -> ResponseReturnValue:
    session, form = plugin().session, Confirmation()
    operations.get(session, segment_id)

    def keep() -> bool:
        if "default" in request.form:
            views.restore(session, actor(), VIEW)
        else:
            views.choose(session, actor(), VIEW, request.form.getlist("column"), list(labels()))
        return True

    if not form.attempt(keep):
        return refused(form)
    restored = "default" in request.form
    message = _("The list shows its default columns again.") if restored else _("The list shows the columns you chose.")
    return done(message, ".segment", segment_id=segment_id)


def kind(row: SegmentMember, member: Member | None) -> str:
    if row.kind == SUBSCRIBER:
        return _("Subscriber")
    private = member is not None and member.columns.get("kind") == "person"
    return _("Private customer") if private else _("Business partner")


def cell(name: str, row: SegmentMember, member: Member | None) -> str:
    """A member's own column as text, '–' where there is nothing; what tells who it is is masked (W53)."""
    if name == "kind":
        return kind(row, member)
    if name == "added_at":
        return words.moment(row.added_at)
    if name == "added_by":
        return row.added_by
    if member is None:
        return "–"
    if name == "created_at":
        return words.day(member.created_at) if row.kind == PARTNER else "–"
    if name == "status":
        active = _("active") if member.is_active else _("not active")
        return ", ".join([active, *filter(None, [member.columns.get("status")])])
    value = str(member.columns.get(name) or "")
    if name == "type":
        return words.subscriber_type(value)
    return "…" if value and name in ("street", "tax_number") and masked() else value or "–"


def people(member: Member | None) -> list[tuple[PersonKey | None, Mapping[str, Any]]]:
    """The lines of a member: each person with name and addresses, the member's own where it has no contacts."""
    if member is None:
        return [(None, {})]
    own = member.columns
    if member.key.kind == SUBSCRIBER:
        return [(member.people[0], {**own, "name": member.name})]
    if not member.contacts:
        return [(None, own)]
    return [
        (
            key,
            {
                "name": f"{contact.get('first_name') or ''} {contact.get('last_name') or ''}".strip(),
                "email": contact.get("email") or own.get("email"),
                "phone": contact.get("phone") or own.get("phone"),
            },
        )
        for key, contact in zip(member.people, member.contacts, strict=True)
    ]


def header(columns: list[str]) -> list[str]:
    """What stands above a file's columns."""
    named = labels()
    titles = [_("Name or company")]
    for name in columns:
        consents = [_("Consent: %(channel)s", channel=words.channel(channel)) for channel in CHANNELS]
        titles += consents if name == "consents" else [named[name]]
    return titles


def lines(
    row: SegmentMember, member: Member | None, columns: list[str], statuses: Mapping[tuple[PersonKey, str], str]
) -> list[list[str]]:
    """A member in a file: a line for each of its people, so that one can be sorted and filtered by anything."""
    return [_line(row, member, columns, key, person, statuses) for key, person in people(member)]


def _line(
    row: SegmentMember,
    member: Member | None,
    columns: list[str],
    key: PersonKey | None,
    person: Mapping[str, Any],
    statuses: Mapping[tuple[PersonKey, str], str],
) -> list[str]:
    texts = [words.person(member.name) if member else _("No longer in the shop")]
    for name in columns:
        if name == "consents":
            given = [statuses.get((key, channel), "") if key else "" for channel in CHANNELS]
            texts += [words.consent_status(status) if status else "" for status in given]
        elif name == "contact":
            texts.append(words.person(person.get("name") or "") if key else "")
        elif name in ("email", "phone"):
            texts.append(words.address("email" if name == "email" else "sms", person.get(name)))
        else:
            texts.append(cell(name, row, member))
    return ["" if text == "–" else text for text in texts]
