"""My Profile → History: who did what, when, from which address (W14)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from ..administration import history as events
from ..administration.models import Audit
from ..i18n import _
from ..plugin import plugin
from . import areas, words
from .admin import bp, page
from .guard import permission


@bp.get("/history")
@permission("audit.view")
def history() -> ResponseReturnValue:
    rows, before = events.events(plugin().session, request.args.get("before", type=int))
    return page("history/list.html", rows=rows, before=before, what=what, who=who, which=which, details=details)


def actions() -> dict[str, str]:
    """Every action of the history, in the reader's language."""
    return {
        "administrator.added": _("Administrator added"),
        "administrator.blocked": _("Administrator blocked"),
        "administrator.changed": _("Administrator changed"),
        "administrator.deleted": _("Administrator deleted"),
        "administrator.invitation_accepted": _("Invitation accepted"),
        "administrator.invited": _("Invitation sent"),
        "administrator.logged_in": _("Logged in"),
        "administrator.login_failed": _("Login failed"),
        "administrator.password_changed": _("Password changed"),
        "administrator.password_requested": _("New password asked for"),
        "administrator.permissions_changed": _("Permissions changed"),
        "administrator.unblocked": _("Administrator unblocked"),
        "consent.withdrawn": _("Consent withdrawn on request"),
        "consents.published": _("Consent version published"),
        "dispatch.cancelled": _("Sending cancelled"),
        "dispatch.paused": _("Sending paused"),
        "dispatch.rescheduled": _("Sending put off to another time"),
        "dispatch.scheduled": _("Sending scheduled"),
        "dispatch.sending": _("Sending resumed"),
        "dispatch.sent_now": _("Scheduled sending started at once"),
        "dispatch.started": _("Newsletter sent"),
        "dispatch.unknown_settled": _("Unknown outcomes settled"),
        "list.exported": _("List exported"),
        "newsletter.added": _("Newsletter added"),
        "newsletter.changed": _("Newsletter changed"),
        "newsletter.deleted": _("Newsletter deleted"),
        "newsletter.trial_sent": _("Trial sent"),
        "segment.added": _("Segment added"),
        "segment.deleted": _("Segment deleted"),
        "segment.members_added": _("Members added to segment"),
        "segment.members_removed": _("Members removed from segment"),
        "segment.renamed": _("Segment renamed"),
    }


def what(event: Audit) -> str:
    return actions().get(event.action, event.action)


def who(event: Audit) -> str:
    """Whoever did it; those without an account by what they are."""
    kinds = {
        "cli": _("Command line"),
        "worker": _("Worker"),
        "customer": _("Customer"),
        "stranger": _("Somebody not logged in"),
    }
    return kinds.get(event.actor_kind, event.actor_name)


def which(event: Audit) -> str:
    """The object's name; a person's is masked like everywhere (W53)."""
    if event.object_kind == "person":
        return words.person(event.object_name)
    if event.object_kind == "consent_version":
        return _("Version %(number)s", number=event.object_name)
    return event.object_name


def details(event: Audit) -> list[str]:
    """What else is known of an event, as short sentences."""
    return [text for name, value in event.detail.items() if (text := _detail(event, name, value))]


def _detail(event: Audit, name: str, value: Any) -> str:
    match name:
        case "members":
            return _("Number: %(number)s", number=words.number(len(value)))
        case "count":
            return _("Number: %(number)s", number=words.number(value))
        case "old":
            return _("Before: %(name)s", name=value) if value != event.object_name else ""
        case "copy_of":
            return _("As a copy")
        case "channel" | "channels":
            channels = [value] if isinstance(value, str) else value
            return _("Channels: %(names)s", names=", ".join(words.channel(channel) for channel in channels))
        case "status":
            return _("Outcome: %(status)s", status=words.delivery_status(value))
        case "due_at":
            return _("Due: %(time)s", time=words.moment(datetime.fromisoformat(value)))
        case "given" if value:
            return _("Given: %(permissions)s", permissions="; ".join(areas.flag_word(flag) for flag in value))
        case "taken" if value:
            return _("Taken: %(permissions)s", permissions="; ".join(areas.flag_word(flag) for flag in value))
    return ""
