"""The signed links in messages: who got the message, on which channel, at which address (E04, E09).

A token names no address in clear, has no end, and is verified by every key there ever was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .. import clock
from ..directory.people import PersonKey
from ..keys import Keys

_CHANNELS = {"email": b"e", "sms": b"s", "whatsapp": b"w", "phone": b"p"}
_KINDS = {"contact": b"c", "subscriber": b"s"}
_KEY_BYTES = 16
_INERT = b"x"
_TIME_BYTES = 5

OWN_DATA_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Link:
    """What an unsubscribe link stands for."""

    person: PersonKey
    channel: str
    address_key: str


def unsubscribe_token(keys: Keys, link: Link) -> str:
    """About 55 characters for a shop with integer keys."""
    return keys.sign("unsubscribe", _packed(link))


def inert_token(keys: Keys) -> str:
    """The token of trials and control copies: nobody can be unsubscribed through it (W44, W45)."""
    return keys.sign("unsubscribe", _INERT)


def is_inert(keys: Keys, token: str) -> bool:
    return keys.verify("unsubscribe", token) == _INERT


def read_unsubscribe(keys: Keys, token: str) -> Link | None:
    """The link behind a token, None for a cut, forged or inert one."""
    payload = keys.verify("unsubscribe", token)
    return _unpacked(payload) if payload is not None and len(payload) > 2 + _KEY_BYTES else None


def own_data_token(keys: Keys, link: Link) -> str:
    """The way to a person's own data, mailed to her address and good for a day."""
    issued = int(clock.now().timestamp()).to_bytes(_TIME_BYTES, "big")
    return keys.sign("own data", issued + _packed(link))


def read_own_data(keys: Keys, token: str) -> Link | None:
    """The link behind a token, None for a cut, forged or old one."""
    payload = keys.verify("own data", token)
    if payload is None:
        return None
    issued = datetime.fromtimestamp(int.from_bytes(payload[:_TIME_BYTES], "big"), UTC)
    return _unpacked(payload[_TIME_BYTES:]) if clock.now() - issued < OWN_DATA_LIFE else None


def newcomer_token(keys: Keys, email_key: str, channels: Sequence[str]) -> str:
    """Who signed up and awaits codes, for the page that takes them; it does not say since when she is known."""
    return keys.sign("newcomer", bytes.fromhex(email_key) + b"".join(_CHANNELS[channel] for channel in channels))


def read_newcomer(keys: Keys, token: str) -> tuple[str, list[str]] | None:
    """The key of the e-mail address and the channels, None for a cut or forged token."""
    payload = keys.verify("newcomer", token)
    if payload is None:
        return None
    return payload[:_KEY_BYTES].hex(), [name for name, code in _CHANNELS.items() if code in payload[_KEY_BYTES:]]


def _packed(link: Link) -> bytes:
    head = _CHANNELS[link.channel] + _KINDS[link.person.kind]
    return head + bytes.fromhex(link.address_key) + link.person.ref.encode()


def _unpacked(payload: bytes) -> Link:
    channels = {code: channel for channel, code in _CHANNELS.items()}
    kinds = {code: kind for kind, code in _KINDS.items()}
    return Link(
        person=PersonKey(kinds[payload[1:2]], payload[2 + _KEY_BYTES :].decode()),
        channel=channels[payload[:1]],
        address_key=payload[2 : 2 + _KEY_BYTES].hex(),
    )


def confirmation_token(keys: Keys, record_id: int) -> str:
    """The double opt-in link of one request."""
    return keys.sign("confirm", str(record_id).encode())


def read_confirmation(keys: Keys, token: str) -> int | None:
    """The id of the requesting record, None for a cut or forged token."""
    payload = keys.verify("confirm", token)
    return int(payload) if payload is not None else None


def code(keys: Keys, record_id: int) -> str:
    """Six digits that prove the number they were sent to (C13)."""
    number = int.from_bytes(keys.digest("code", str(record_id).encode())[:8], "big")
    return f"{number % 1_000_000:06d}"
