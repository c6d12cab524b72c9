"""Segments, provable consents and newsletters for a Flask webshop."""

from . import signals, storefront
from .access import Access, Actor, FlaskLoginAccess
from .administration.own import OwnAdministrators
from .channel import Accepted, Channel, Message, Outcome, Rejected, Sender, Unknown
from .errors import ChannelError, ConfigurationError, Refused, SegmentsError
from .extension import WebshopSegments
from .limits import Limits
from .newsletter.account.channel import MailAccountChannel
from .newsletter.channels.email import EmailChannel
from .newsletter.channels.memory import MemoryChannel
from .newsletter.channels.twilio import TwilioChannel
from .shop import Shop
from .sqlalchemy_shop import Columns, SQLAlchemyShop

__all__ = [
    "Accepted",
    "Access",
    "Actor",
    "Channel",
    "ChannelError",
    "Columns",
    "ConfigurationError",
    "EmailChannel",
    "FlaskLoginAccess",
    "Limits",
    "MailAccountChannel",
    "MemoryChannel",
    "Message",
    "Outcome",
    "OwnAdministrators",
    "Refused",
    "Rejected",
    "SQLAlchemyShop",
    "SegmentsError",
    "Sender",
    "Shop",
    "TwilioChannel",
    "Unknown",
    "WebshopSegments",
    "signals",
    "storefront",
]
