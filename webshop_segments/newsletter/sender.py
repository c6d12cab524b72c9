"""In whose name messages leave."""

from __future__ import annotations

from ..channel import Channel
from ..errors import Refused
from ..i18n import _
from ..plugin import Plugin
from .models import Newsletter


def of_newsletter(plugin: Plugin, newsletter: Newsletter) -> tuple[str, str]:
    """Sender name and address or number; an SMS may have a sender of its own (W41).

    :raises Refused: (409) when none is configured.
    """
    name, address = of_channel(plugin, newsletter.channel)
    return name, newsletter.sender or address if newsletter.channel == "sms" else address


def of_channel(plugin: Plugin, channel: str, through: Channel | None = None) -> tuple[str, str]:
    """Sender name and address (e-mail) or number (SMS).

    :param through: the channel itself where it is not the one newsletters take.
    :raises Refused: (409) when none is configured.
    """
    settings = plugin.settings
    if channel == "email":
        configured = getattr(through or plugin.channels["email"], "sender", None)
        name, address = configured or (settings.shop_name, settings.shop_email)
        if not address:
            raise Refused(_("The sender's address is missing: set MAIL_DEFAULT_SENDER."), status=409)
        return name or settings.shop_name, address
    if not settings.twilio_sender:
        raise Refused(_("The sender's number is missing: set WSS_TWILIO_SENDER."), status=409)
    return settings.shop_name, settings.twilio_sender
