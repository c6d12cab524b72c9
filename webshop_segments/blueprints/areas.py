"""The permission form: an area's tick for all of it, ticks for its parts, and ready patterns of ticks (W10, W11)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..i18n import _


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the panel with its permission flags, each with what it allows."""

    label: str
    flags: dict[str, str]

    @property
    def value(self) -> str:
        """What the area's own tick posts: all its flags."""
        return " ".join(self.flags)

    @property
    def parts(self) -> dict[str, str]:
        """Flags with a tick of their own."""
        return self.flags if len(self.flags) > 1 else {}

    def open_to(self, held: Collection[str]) -> bool:
        """Whether somebody holding these flags may give the whole area."""
        return set(self.flags) <= set(held)


def areas() -> list[Area]:
    """All areas in the order of the menu, in the reader's language."""
    return [
        Area(_("Business Partners"), {"partners.view": _("See business partners")}),
        Area(
            _("Business Partners / Segments"),
            {
                "segments.view": _("See segments and their members"),
                "segments.manage": _("Add, rename and delete segments, change their members"),
            },
        ),
        Area(
            _("Online Marketing / Newsletters"),
            {
                "newsletters.view": _("See newsletters and results"),
                "newsletters.edit": _("Write newsletters"),
                "newsletters.send": _("Send newsletters"),
            },
        ),
        Area(
            _("Online Marketing / Subscribers"),
            {
                "subscribers.view": _("See people and their consents"),
                "subscribers.manage": _("Change subscribers, withdraw consents on request"),
            },
        ),
        Area(
            _("Settings / Content / Consents"),
            {
                "consents.view": _("See the versions of the consent"),
                "consents.publish": _("Publish versions of the consent"),
            },
        ),
        Area(_("Settings / Sending"), {"settings.manage": _("Change the settings")}),
        Area(_("My Profile / Administrators"), {"administrators.manage": _("Look after administrators")}),
        Area(_("My Profile / History"), {"audit.view": _("Read the history of events")}),
        Area(
            _("Names and addresses of customers"),
            {"personal_data.view": _("See names and addresses; without this tick they are masked")},
        ),
    ]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Permissions for a kind of work, to start from."""

    label: str
    meaning: str
    flags: frozenset[str]


def patterns() -> dict[str, Pattern]:
    """The ready patterns by the name their button posts (W10)."""
    see = {"partners.view", "segments.view", "subscribers.view", "newsletters.view", "consents.view"}
    return {
        "marketing": Pattern(
            _("Marketing"),
            _("looks after segments, writes and sends newsletters"),
            frozenset(see | {"segments.manage", "newsletters.edit", "newsletters.send", "personal_data.view"}),
        ),
        "service": Pattern(
            _("Customer service"),
            _("finds people, changes subscribers, withdraws consents on request"),
            frozenset(see | {"subscribers.manage", "personal_data.view"}),
        ),
        "reader": Pattern(
            _("Read-only"),
            _("sees everything customers are concerned with, names and addresses masked, and changes nothing"),
            frozenset(see),
        ),
    }


def flag_word(flag: str) -> str:
    """What a flag allows."""
    return {flag: label for area in areas() for flag, label in area.flags.items()}.get(flag, flag)
