"""In whose name messages leave."""

from __future__ import annotations

from ..errors import Refused
from ..i18n import _
from ..plugin import Plugin


def of_channel(plugin: Plugin, channel: str) -> tuple[str, str]:
    """Sender name and address (e-mail) or number (SMS).

    :raises Refused: (409) when none is configured.
    """
    settings = plugin.settings
    if channel == "email":
        configured = getattr(plugin.channels["email"], "sender", None)
        name, address = configured or (settings.shop_name, settings.shop_email)
        if not address:
            raise Refused(_("The sender's address is missing: set MAIL_DEFAULT_SENDER."), status=409)
        return name or settings.shop_name, address
    if not settings.twilio_sender:
        raise Refused(_("The sender's number is missing: set WSS_TWILIO_SENDER."), status=409)
    return settings.shop_name, settings.twilio_sender
