"""The plugin's own secrets: what they sign, what they hide, and how a changed one is noticed.

They are apart from the host's SECRET_KEY, because rotating that must not make anybody reachable again
who unsubscribed: suppressed addresses are stored only as keyed digests (conformance C48).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from .errors import ConfigurationError

_SHORTEST_SECRET = 32
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_MAC_BYTES = 16
_ADDRESS_BYTES = 16


class Keys:
    """WSS_KEYS, ordered: the first signs, all verify, the last (the oldest) derives the address keys."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = {key_id: secret.encode() for key_id, secret in secrets.items()}
        self._derived: dict[tuple[str, str], bytes] = {}

    @classmethod
    def parse(cls, value: str | Mapping[str, str] | None) -> Keys:
        """From "new:secret,old:secret" or a mapping.

        :raises ConfigurationError: when missing, malformed or too short.
        """
        if not value:
            raise ConfigurationError(
                "WSS_KEYS is missing: links, suppressions and the consent ledger are secured with it. Make one with "
                "python -c \"import secrets; print('k1:' + secrets.token_urlsafe(32))\" and keep it for good."
            )
        pairs = _pairs(value)
        for key_id, secret in pairs:
            if not _KEY_ID.fullmatch(key_id):
                raise ConfigurationError(
                    "WSS_KEYS: the id of a key is made of at most 40 letters, digits, hyphens and underscores."
                )
            if len(secret) < _SHORTEST_SECRET:
                raise ConfigurationError(
                    f"WSS_KEYS: the secret of key {key_id!r} is shorter than {_SHORTEST_SECRET} characters."
                )
        if len(dict(pairs)) < len(pairs):
            raise ConfigurationError("WSS_KEYS: two keys have the same id; give the new one an id of its own.")
        return cls(dict(pairs))

    @property
    def address_key_id(self) -> str:
        """The id of the key behind all address keys; it must never be taken out of WSS_KEYS."""
        return list(self._secrets)[-1]

    def derive(self, purpose: str, key_id: str | None = None) -> bytes:
        """A 32-byte key for one purpose, from the given key or the first."""
        key_id = key_id or next(iter(self._secrets))
        if (purpose, key_id) not in self._derived:
            message = b"webshop_segments:" + purpose.encode()
            self._derived[purpose, key_id] = hmac.digest(self._secrets[key_id], message, hashlib.sha256)
        return self._derived[purpose, key_id]

    def check_values(self) -> dict[str, str]:
        """Per key id a value to store, by which a changed secret is noticed without storing it."""
        return {key_id: self.derive("check", key_id).hex() for key_id in self._secrets}

    def address_key(self, channel: str, address: str) -> str:
        """The keyed digest (32 hex digits) of a normalised address; upper and lower case are one address."""
        key = self.derive("address", self.address_key_id)
        message = f"{channel}:{address.lower()}".encode()
        return hmac.digest(key, message, hashlib.sha256)[:_ADDRESS_BYTES].hex()

    def digest(self, purpose: str, message: bytes) -> bytes:
        """A keyed digest under the first key."""
        return hmac.digest(self.derive(purpose), message, hashlib.sha256)

    def sign(self, purpose: str, payload: bytes) -> str:
        """Payload and signature as one URL-safe token."""
        return _text(payload + self.digest(purpose, payload)[:_MAC_BYTES])

    def verify(self, purpose: str, token: str) -> bytes | None:
        """The payload of a token signed by any of the keys, or None for a cut or forged one."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        if _text(raw) != token:
            return None
        payload, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        for key_id in self._secrets:
            expected = hmac.digest(self.derive(purpose, key_id), payload, hashlib.sha256)[:_MAC_BYTES]
            if hmac.compare_digest(mac, expected):
                return payload
        return None

    def seal(self, purpose: str, secret: str) -> str:
        """Encrypted and authenticated under the first key."""
        return self._box(purpose).encrypt(secret.encode()).decode()

    def unseal(self, purpose: str, sealed: str) -> str | None:
        """What was sealed under any of the keys; None where its key is gone or somebody changed it."""
        try:
            return self._box(purpose).decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def _box(self, purpose: str) -> MultiFernet:
        keys = (self.derive(purpose, key_id) for key_id in self._secrets)
        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def _pairs(value: Any) -> list[tuple[str, str]]:
    given = (
        value.items() if isinstance(value, Mapping) else [part.strip().split(":", 1) for part in str(value).split(",")]
    )
    pairs = [tuple(pair) for pair in given]
    if not all(len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str) for pair in pairs):
        raise ConfigurationError(
            'WSS_KEYS must look like "k2:new-secret,k1:old-secret", or be a dict of such ids and secrets.'
        )
    return pairs


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
