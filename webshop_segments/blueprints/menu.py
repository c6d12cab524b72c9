"""The admin menu, without the entries the administrator has no permission for (W12)."""

from __future__ import annotations

from dataclasses import dataclass

from ..access import Access
from ..administration.own import OwnAdministrators
from ..i18n import _


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the menu. ``path`` says where it stands in the panel."""

    path: tuple[str, ...]
    label: str
    endpoint: str


def entries(access: Access) -> list[Entry]:
    """What the current administrator may open."""
    wanted = [
        ("segments.view", (_("Business Partners"),), _("Segments"), "wss_admin.segments"),
        ("newsletters.view", (_("Online Marketing"),), _("Newsletters"), "wss_admin.newsletters"),
        ("subscribers.view", (_("Online Marketing"),), _("Subscribers"), "wss_admin.subscribers"),
        ("consents.view", (_("Settings"), _("Content")), _("Consents"), "wss_admin.consents"),
        ("settings.manage", (_("Settings"), _("Sending")), _("Mail account"), "wss_admin.mail_account"),
        ("administrators.manage", (_("My Profile"),), _("Administrators"), "wss_admin.administrators"),
        ("audit.view", (_("My Profile"),), _("History"), "wss_admin.history"),
    ]
    # Where the host's own staff log in, there are no administrators of ours to manage.
    foreign = {"wss_admin.administrators"} if not isinstance(access, OwnAdministrators) else set()
    return [
        Entry(path, label, endpoint)
        for flag, path, label, endpoint in wanted
        if access.can(flag) and endpoint not in foreign
    ]
