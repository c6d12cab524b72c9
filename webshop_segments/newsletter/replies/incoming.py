"""What comes back by itself: mails of servers and readers, and text messages; each is taken or left alone."""

from __future__ import annotations

import re
from hmac import compare_digest

from sqlalchemy.orm import Session

from ...access import Actor
from ...consent import choices, tokens
from ...consent.ledger import Circumstances
from ...keys import Keys
from . import bounce_mail, receipts
from .bounce_mail import Bounce, Complaint, Nothing, Unsubscribe
from .receipts import Event

_STOP = re.compile(
    r"\W*(?:(?:please |bitte )?stop(?:all|p)?\b.*"
    r"|(?:unsubscribe|cancel|end|quit|revoke|opt-?out|abmelden|abbestellen|arr[eê]t|desabo|cancella|basta|wypisz|baja)\W*)",
    re.IGNORECASE | re.DOTALL,
)
"""Twilio heeds its own words only where they are the whole message (T26); a wish to stop needs no form (T27)."""

_NUMBER = re.compile(r"\+\d{6,15}")


def take_mail(session: Session, keys: Keys, mail: bytes) -> str:
    """Take a mail to the bounce address (flushes), whatever it is made of; never raises for what is in it.

    :returns: one line about what was done, without any address.
    """
    found = bounce_mail.read(mail)
    if isinstance(found, Nothing):
        return f"Nothing done: {found.why}."
    if isinstance(found, Unsubscribe):
        return _unsubscribe(session, keys, found)
    named = found.message_id
    recipient = receipts.find(session, named.dispatch_id, named.number)
    # The keyed digest in a Message-ID makes a bounce unforgeable for whoever has not got the message (E62).
    if recipient is None or not compare_digest((recipient.message_id or "").encode(), named.whole.encode()):
        return "Nothing done: its Message-ID is none of ours."
    done = receipts.take(session, named.dispatch_id, named.number, _event(found))
    return f"Delivery {named.number} of dispatch {named.dispatch_id}: {done}."


def take_text(session: Session, keys: Keys, message_id: str, sender: str, text: str, opt_out: str | None) -> bool:
    """Take an incoming SMS or WhatsApp message (flushes); whether it ended the consent of its sender (C44, T30).

    :param sender: as Twilio names it: an E.164 number, for WhatsApp after ``whatsapp:``.
    :param opt_out: Twilio's own reading where it gives one: STOP, START or HELP.
    """
    prefix, _, number = sender.rpartition(":")
    if not _NUMBER.fullmatch(number) or not (opt_out == "STOP" if opt_out else _STOP.fullmatch(text)):
        return False
    channel = "whatsapp" if prefix == "whatsapp" else "sms"
    address_key = keys.address_key(channel, number)
    actor, where = Actor("customer", channel, "sender of the message"), Circumstances(form=message_id)
    choices.withdraw_address(session, channel, address_key, "sms_stop", actor, where)
    return True


def _event(found: Bounce | Complaint) -> Event:
    place = f"{found.message_id.dispatch_id}.{found.message_id.number}"
    if isinstance(found, Bounce):
        return Event("mail", f"bounced:{place}", "bounced", found.reason)
    return Event("mail", f"complained:{place}", "complained", found.kind)


def _unsubscribe(session: Session, keys: Keys, found: Unsubscribe) -> str:
    link = tokens.read_unsubscribe(keys, found.token)
    if link is None:
        return "Nothing done: its unsubscribe token is none of ours."
    actor = Actor("customer", "mailto", "sender of the mail")
    choices.withdraw_address(session, link.channel, link.address_key, "mailto", actor)
    return "An address is unsubscribed."
