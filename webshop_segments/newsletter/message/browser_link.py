"""The signed link under which a recipient sees the message in the browser: which delivery of which dispatch (W51)."""

from __future__ import annotations

from ...keys import Keys

VARIABLE = "wss_browser_url"
"""What a layout calls it; where none does, no link is made."""

_PURPOSE = "view in browser"
_INERT = b"x"


def token(keys: Keys, dispatch_id: int, number: int) -> str:
    """About 30 characters; it names nobody."""
    return keys.sign(_PURPOSE, b"%d.%d" % (dispatch_id, number))


def inert_token(keys: Keys) -> str:
    """The token of trials, previews and control copies: there is nobody whose message it could show."""
    return keys.sign(_PURPOSE, _INERT)


def is_inert(keys: Keys, token: str) -> bool:
    return keys.verify(_PURPOSE, token) == _INERT


def read(keys: Keys, token: str) -> tuple[int, int] | None:
    """Dispatch and number, None for a cut, forged or inert token."""
    dispatch_id, separator, number = (keys.verify(_PURPOSE, token) or b"").partition(b".")
    return (int(dispatch_id), int(number)) if separator else None
