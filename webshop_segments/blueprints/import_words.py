"""What is said of the rows and columns of an import, in the reader's language."""

from __future__ import annotations

from ..i18n import _
from . import words


def verdict(name: str) -> str:
    """What becomes of a row."""
    return {
        "granted": _("Added with proof"),
        "pending": _("Added, asked to confirm"),
        "changed": _("Changed"),
        "same": _("Nothing new"),
        "refused": _("Refused"),
    }.get(name, name)


def meaning(name: str) -> str:
    """What a verdict means for the people in it."""
    return {
        "granted": _("New subscribers whose consent counts at once: text version, time and source are given."),
        "pending": _("New subscribers without full proof. Each gets one e-mail and counts once it is confirmed."),
        "changed": _("Subscribers we know already; the file says something new about them."),
        "same": _("Subscribers we know already, with all that the file says. Nothing happens to them."),
        "refused": _("Rows that are left out. Mend them in the file of the refused rows and import that one."),
    }.get(name, "")


def field(name: str) -> str:
    """What a column holds."""
    return {
        "": _("not used"),
        "email": _("E-mail address"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "name": _("First and last name"),
        "phone": _("Phone number"),
        "language": _("Language"),
        "channels": _("Channels agreed to"),
        "version": _("Proof: version of the text"),
        "time": _("Proof: time of the consent"),
        "source": _("Proof: where it was given"),
    }.get(name, name)


def status(name: str) -> str:
    """How far an import is."""
    return {
        "uploading": _("upload broken off"),
        "mapping": _("columns to be named"),
        "reading": _("being read"),
        "waiting": _("waits to be accepted"),
        "accepting": _("being imported"),
        "done": _("imported"),
    }.get(name, name)


def reason(name: str, about: str = "") -> str:
    """Why a row was refused, or what is noted of it; empty for nothing."""
    channel, column = words.channel(about), field(about)
    return {
        "account": _("has an account; the consents are the person's own"),
        "withdrawn": _("has withdrawn the consent for %(channel)s", channel=channel),
        "suppressed": _("the address is blocked for %(channel)s", channel=channel),
        "asked_often": _("was asked to confirm several times today"),
        "repeated": _("the same address as in line %(line)s", line=about),
        "ragged": _("has %(count)s cells, not one for each heading", count=about),
        "unreadable": _("invisible or unreadable characters in “%(column)s”", column=column),
        "too_long": _("too long: “%(column)s”", column=column),
        "formula": _("begins like a formula: “%(column)s”", column=column),
        "no_email": _("no e-mail address"),
        "email": _("no e-mail address we can write to"),
        "no_phone": _("no phone number, but a consent for %(channel)s", channel=channel),
        "phone": _("no phone number we can use"),
        "no_mobile": _("no mobile number; a text message cannot reach it"),
        "language": _("unknown language; write a code such as “de”"),
        "channel": _("unknown channel “%(name)s”", name=about),
        "call": _("permission to call cannot be imported"),
        "version": _("there is no version “%(number)s” of the consent", number=about),
        "time": _("time not understood: “%(time)s”; write 2026-05-31 14:30", time=about),
        "future": _("the time of the consent is in the future"),
        "no_version": _("no version of the consent is published yet"),
        "only_email": _("consent for %(channel)s without full proof; only e-mail can be asked for", channel=channel),
        "not_collected": _("the current consent does not ask for %(channel)s", channel=channel),
        "not_in_version": _("that version did not ask for %(channel)s", channel=channel),
        "proof_incomplete": _("the proof is incomplete, so the person is asked"),
    }.get(name, name)


def reason_in_general(name: str) -> str:
    """The same of many rows at once."""
    return {
        "withdrawn": _("has withdrawn the consent"),
        "suppressed": _("the address is blocked"),
        "repeated": _("the same address as in an earlier line"),
        "ragged": _("not one cell for each heading"),
        "unreadable": _("invisible or unreadable characters"),
        "too_long": _("too long"),
        "formula": _("begins like a formula"),
        "no_phone": _("no phone number, but a consent that needs one"),
        "channel": _("unknown channel"),
        "version": _("unknown version of the consent"),
        "time": _("time not understood"),
        "only_email": _("consent for another channel than e-mail without full proof"),
        "not_collected": _("the current consent does not ask for the channel"),
        "not_in_version": _("that version did not ask for the channel"),
    }.get(name, reason(name))
