"""The words of the history: an event's doer, deed, object and details as the reader sees them (W14)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..administration.models import Audit
from ..i18n import _, ngettext
from . import areas, import_words, words

OPEN_NAMES = frozenset(
    {
        "administrator",
        "consent_version",
        "dispatch",
        "import",
        "list",
        "mail_account",
        "newsletter",
        "segment",
    }
)
"""Kinds of objects that are no customers: their names are shown to everybody, all others masked (W53)."""


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
        "call_list.exported": _("Call list exported"),
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
        "import.accepted": _("Import accepted"),
        "import.discarded": _("Import discarded"),
        "import.finished": _("Import finished"),
        "list.exported": _("List exported"),
        "mail_account.added": _("Mail account set up"),
        "mail_account.changed": _("Mail account changed"),
        "mail_account.removed": _("Mail account removed"),
        "mail_account.tested": _("Test message of the mail account sent"),
        "newsletter.added": _("Newsletter added"),
        "newsletter.changed": _("Newsletter changed"),
        "newsletter.deleted": _("Newsletter deleted"),
        "newsletter.trial_sent": _("Trial sent"),
        "segment.added": _("Segment added"),
        "segment.deleted": _("Segment deleted"),
        "segment.members_added": _("Members added to segment"),
        "segment.members_removed": _("Members removed from segment"),
        "segment.renamed": _("Segment renamed"),
        "subscriber.changed": _("Subscriber changed"),
        "subscriber.deleted": _("Subscriber deleted"),
    }


def subjects() -> dict[str, str]:
    """What actions are about: the part of their name before the point."""
    return {
        "administrator": _("Administrators"),
        "call_list": _("Call lists"),
        "consent": _("Consents of people"),
        "consents": _("Consent versions"),
        "dispatch": _("Sendings"),
        "import": _("Imports"),
        "list": _("Exports"),
        "mail_account": _("Mail account"),
        "newsletter": _("Newsletters"),
        "segment": _("Segments"),
        "subscriber": _("Subscribers"),
    }


def doers() -> dict[str, str]:
    """Kinds of those who act without an account of ours."""
    return {
        "cli": _("Command line"),
        "worker": _("Worker"),
        "customer": _("Customer"),
        "stranger": _("Somebody not logged in"),
    }


def what(event: Audit) -> str:
    return actions().get(event.action, event.action)


def who(event: Audit) -> str:
    """Whoever did it; those without an account by what they are."""
    return doers().get(event.actor_kind, event.actor_name)


def which(event: Audit) -> str:
    """The object's name; a customer's is masked like everywhere (W53)."""
    if event.object_kind == "consent_version":
        return _("Version %(number)s", number=event.object_name)
    return _name(event, event.object_name)


def _name(event: Audit, name: str) -> str:
    return name if event.object_kind in OPEN_NAMES else words.person(name)


def details(event: Audit) -> list[str]:
    """What else is known of an event, as short sentences."""
    return [text for name, value in event.detail.items() if (text := _detail(event, name, value))]


def _detail(event: Audit, name: str, value: Any) -> str:
    match name:
        case "members":
            return ngettext("%(num)s member", "%(num)s members", len(value))
        case "count":
            return _("Number: %(number)s", number=words.number(value))
        case "imported":
            return ", ".join(f"{import_words.verdict(kind)}: {words.number(count)}" for kind, count in value.items())
        case "old":
            return _("Before: %(name)s", name=_name(event, value)) if value != event.object_name else ""
        case "extent":
            return _("The whole list") if value == "all" else _("The current view")
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
