"""Twilio's error codes as a table; Twilio says that they change, and one that is not here blames nobody's number."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """What a code means for the message."""

    ADDRESS = "the number cannot be reached, now or later"
    OPTED_OUT = "the recipient said stop"
    US = "our account, sender or text, or the way there; the number is fine"
    LATER = "not now"


VERDICTS = {
    20003: Verdict.US,  # account or token wrong
    20429: Verdict.LATER,  # too many requests at once
    21211: Verdict.ADDRESS,  # not a phone number
    21214: Verdict.ADDRESS,  # cannot be reached
    21217: Verdict.ADDRESS,  # not a phone number
    21408: Verdict.US,  # country not switched on in the account
    21606: Verdict.US,  # sender is no number of the account
    21610: Verdict.OPTED_OUT,
    21611: Verdict.LATER,  # sender's queue full
    21612: Verdict.US,  # no route between sender and recipient
    21614: Verdict.ADDRESS,  # not a mobile number
    21617: Verdict.US,  # text over 1600 characters
    21635: Verdict.ADDRESS,  # landline
    21659: Verdict.US,  # sender is no number of the account
    30001: Verdict.LATER,  # queue full
    30002: Verdict.US,  # account suspended
    30003: Verdict.LATER,  # handset switched off or out of reach
    30004: Verdict.US,  # blocked by recipient or carrier
    30005: Verdict.ADDRESS,  # unknown or no longer in service
    30006: Verdict.ADDRESS,  # landline or carrier out of reach
    30007: Verdict.US,  # filtered as spam
    30008: Verdict.LATER,  # unknown fault
    30036: Verdict.LATER,  # waited too long in the queue
    63016: Verdict.US,  # WhatsApp outside the 24 hours, without template
    63049: Verdict.LATER,  # Meta's limit of marketing messages
}


def verdict(code: int) -> Verdict:
    return VERDICTS.get(code, Verdict.US)
