"""The wired plugin of the current app, as every edge finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, cast

from flask import current_app
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from . import stamp
from .access import Access
from .channel import Channel
from .errors import ConfigurationError
from .keys import Keys
from .settings import Settings
from .shop import Shop

EXTENSION = "webshop_segments"


@dataclass(frozen=True)
class Plugin:
    """The ports and settings of one app; kept in ``app.extensions``, never the app in it."""

    database: Any
    settings: Settings
    keys: Keys
    shop: Shop
    access: Access
    channels: Mapping[str, Channel]

    _compared: Event = field(default_factory=Event, repr=False)

    def check_stamp(self) -> None:
        """Once per process: are keys and address those the database knows?

        :raises ConfigurationError: a changed key would store addresses under a wrong digest.
        """
        if not self._compared.is_set():
            stamp.compare(self.session, self.keys, self.settings)
            self._compared.set()

    @property
    def session(self) -> Session:
        """The host's session of this request."""
        return cast(Session, self.database.session())

    @property
    def engine(self) -> Engine:
        """The host's engine."""
        return cast(Engine, self.database.engine)


def plugin() -> Plugin:
    """:raises ConfigurationError: where the app has no webshop_segments."""
    try:
        return cast(Plugin, current_app.extensions[EXTENSION])
    except KeyError:
        raise ConfigurationError(
            "This app has no webshop_segments: call WebshopSegments(app, db, shop=…) where the app is made."
        ) from None
