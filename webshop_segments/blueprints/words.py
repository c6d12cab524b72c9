"""Our states and reasons in the reader's language, and how times and numbers are written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import format_date, format_decimal, format_time, format_timedelta

from ..consent.models import ConsentVersion
from ..directory.addresses import mask
from ..i18n import LANGUAGES, _
from ..plugin import plugin


def channel(name: str) -> str:
    return {"email": _("E-mail"), "sms": _("SMS"), "whatsapp": _("WhatsApp"), "phone": _("Phone")}.get(name, name)


def consent_status(name: str) -> str:
    return {
        "none": _("not given"),
        "pending": _("waiting for confirmation"),
        "granted": _("agreed"),
        "needs_renewal": _("must be renewed"),
        "withdrawn": _("withdrawn"),
        "expired": _("not confirmed in time"),
        "ended": _("ended by the shop"),
    }.get(name, name)


def action(name: str) -> str:
    return {
        "requested": _("requested"),
        "confirmed": _("confirmed"),
        "granted": _("agreed"),
        "withdrawn": _("withdrawn"),
        "objected": _("objected"),
        "expired": _("not confirmed in time"),
        "ended": _("ended by the shop"),
        "erased": _("erased"),
    }.get(name, name)


def source(name: str) -> str:
    return {
        "registration": _("registration"),
        "checkout": _("checkout"),
        "guest_checkout": _("guest order"),
        "profile": _("profile"),
        "signup_form": _("sign-up form"),
        "confirmation": _("confirmation"),
        "preference_page": _("preference page"),
        "one_click": _("one click in the mail program"),
        "mailto": _("unsubscribe mail"),
        "sms_stop": _("STOP by SMS"),
        "provider": _("provider"),
        "complaint": _("spam complaint"),
        "import": _("import"),
        "administrator": _("administrator"),
        "system": _("system"),
        "sample": _("sample data"),
    }.get(name, name)


def reason(name: str) -> str:
    return {
        "no_address": _("no address"),
        "invalid_address": _("address cannot be used"),
        "never_asked": _("never agreed"),
        "pending": _("not confirmed yet"),
        "withdrawn": _("withdrawn"),
        "needs_renewal": _("agreed to an older text, must renew"),
        "channel_ended": _("channel was ended"),
        "suppressed": _("address is blocked"),
        "bounced": _("address bounced"),
        "complained": _("complained about a message"),
        "address_changed": _("address changed, not confirmed"),
        "inactive": _("account not active"),
        "not_in_shop": _("no longer in the shop"),
        "other_language": _("other language"),
        "duplicate": _("same address as somebody else"),
        "excluded_segment": _("in an excluded segment"),
        "quiet_hours_passed": _("quiet hours"),
        "sent_before": _("got it before"),
    }.get(name, name)


def subscriber_type(name: str | None) -> str:
    """Where we know a subscriber from; a partner's type is the shop's own word."""
    known = {"signup": _("newsletter sign-up"), "guest_order": _("guest order"), "import": _("import")}
    return known.get(name or "", name or "–")


def delivery_status(name: str) -> str:
    return {
        "queued": _("waiting"),
        "skipped": _("left out"),
        "claimed": _("waiting"),
        "sending": _("being sent"),
        "sent": _("sent"),
        "bounced": _("address refused"),
        "failed": _("failed"),
        "unknown": _("outcome unknown"),
        "cancelled": _("cancelled"),
        "delivered": _("delivered"),
        "complained": _("complained"),
    }.get(name, name)


def dispatch_status(name: str) -> str:
    return {
        "scheduled": _("scheduled"),
        "preparing": _("preparing"),
        "sending": _("sending"),
        "paused": _("paused"),
        "finished": _("finished"),
        "cancelled": _("cancelled"),
        "halted": _("halted"),
    }.get(name, name)


def language(code: str | None, none: str | None = None) -> str:
    """A language in its own name; without a code, "all languages" or the word given."""
    return LANGUAGES.get(code, code) if code else none or _("all languages")


def actor(label: str) -> str:
    """Who wrote a record of the ledger."""
    kind, _separator, ref = label.partition(":")
    return {
        "administrator": _("administrator %(number)s", number=ref),
        "staff": _("administrator %(number)s", number=ref),
        "customer": _("the person"),
        "cli": _("command line"),
        "worker": _("system"),
    }.get(kind, kind)


def change(version: ConsentVersion) -> str:
    """What a version changed."""
    if version.number == 1:
        return _("first version")
    parts = [_("material") if version.change == "material" else _("editorial")]
    parts += [_("%(channel)s added", channel=channel(name)) for name in version.channels_added]
    parts += [_("%(channel)s removed", channel=channel(name)) for name in version.channels_removed]
    return ", ".join(parts)


def moment(value: datetime | None) -> str:
    """A time in the shop's time zone, as the reader writes it; '–' for none."""
    if value is None:
        return "–"
    local = value.astimezone(plugin().settings.timezone)
    return f"{format_date(local, 'medium', rebase=False)}, {format_time(local, 'short', rebase=False)}"


def day(value: str | None) -> str:
    """A day the host keeps in ISO 8601, as the reader writes it."""
    return str(format_date(datetime.fromisoformat(value), "medium", rebase=False)) if value else "–"


def duration(seconds: float) -> str:
    """About how long something takes."""
    return str(format_timedelta(timedelta(seconds=seconds)))


def number(value: float) -> str:
    return str(format_decimal(value))


def address(channel_name: str, value: str | None) -> str:
    """An address, masked for whoever may not see personal data (W53)."""
    if not value:
        return "–"
    return value if plugin().access.can("personal_data.view") else mask(channel_name, value)


def person(name: str) -> str:
    """A person's name, masked likewise."""
    if plugin().access.can("personal_data.view"):
        return name
    return " ".join(f"{part[:1]}…" for part in name.split())


def filters() -> dict[str, Any]:
    """Everything above, by the name templates use."""
    return {
        "channel_word": channel,
        "consent_word": consent_status,
        "action_word": action,
        "source_word": source,
        "reason_word": reason,
        "type_word": subscriber_type,
        "delivery_word": delivery_status,
        "dispatch_word": dispatch_status,
        "language_word": language,
        "actor_word": actor,
        "change_word": change,
        "moment": moment,
        "day": day,
        "duration": duration,
        "number": number,
        "address_word": address,
        "person_word": person,
    }
