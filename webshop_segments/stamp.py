"""What the database remembers of the configuration, so that a changed key or address is noticed."""

from __future__ import annotations

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from .db import Base, insert_new
from .errors import ConfigurationError
from .keys import Keys
from .settings import Settings

_OLDEST = "address key"
_URL = "public url"


class Stamp(Base):
    """A named value: check values of the keys, the address links were sent with."""

    __tablename__ = "wss_stamp"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(String(500))


def compare(session: Session, keys: Keys, settings: Settings) -> dict[str, str]:
    """Compare the configuration with what was used before; writes nothing.

    :returns: what is not remembered yet.
    :raises ConfigurationError: when a key was changed or taken out, or WSS_PUBLIC_URL is another one.
    """
    stored = {row.name: row.value for row in session.scalars(select(Stamp))}
    current = {f"key {key_id}": check for key_id, check in keys.check_values().items()}
    current |= {_OLDEST: keys.address_key_id, _URL: settings.public_url}
    for name, value in stored.items():
        if name == _URL and value != settings.public_url:
            raise ConfigurationError(
                f"WSS_PUBLIC_URL was {value} and is now {settings.public_url}: links in messages already sent lead "
                "to the old address. If the shop has moved, say so with: flask segments adopt-url"
            )
        if name != _URL and current.get(name) != value:
            wrong = keys.address_key_id if name == _OLDEST else name.removeprefix("key ")
            raise ConfigurationError(
                f"WSS_KEYS: key {wrong!r} is missing, changed or out of order. Unsubscribed addresses can only be "
                "recognised with the keys they were stored under: put every old key back, the oldest one last."
            )
    return {name: value for name, value in current.items() if name not in stored}


def verify(session: Session, keys: Keys, settings: Settings) -> None:
    """Compare, and remember what is new (flushes).

    :raises ConfigurationError: as :func:`compare`.
    """
    new = compare(session, keys, settings)
    insert_new(session, Stamp, [{"name": name, "value": value} for name, value in new.items()])


def adopt_url(session: Session, settings: Settings) -> None:
    """Accept WSS_PUBLIC_URL as it is now (flushes)."""
    session.merge(Stamp(name=_URL, value=settings.public_url))
    session.flush()
