"""E-mail through the panel's mail account where there is one, and else as the shop is configured; without a restart."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Any

from flask import has_request_context
from sqlalchemy.orm import Session

from ...channel import Channel, Message, Outcome, Sender
from ...errors import ChannelError
from ...keys import Keys
from ...limits import Limits
from ...plugin import plugin
from ..channels.email import EmailChannel
from ..channels.faults import Place, in_english
from . import account, checks
from .account import Stored

log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
"""For so long a worker does not look whether the account was changed."""


class MailAccountChannel:
    """The e-mail channel of a shop whose administrators look after the mail account.

    :param configured: where mail goes while there is no account; its limits by domain, second and day stay in force.
    :param has_server: whether a mail server is configured at all.
    """

    name: str = "email"

    def __init__(self, configured: EmailChannel, *, has_server: bool = True) -> None:
        self.configured = configured
        self._has_server = has_server
        self.window = configured.window
        self._stored: Stored | None = None
        self._read_at = -FRESH_SECONDS

    @classmethod
    def from_config(cls, config: Mapping[str, Any], **values: Any) -> MailAccountChannel:
        """:param values: of :class:`.EmailChannel`, for both."""
        return cls(EmailChannel.from_config(config, **values), has_server="MAIL_SERVER" in config)

    @property
    def limits(self) -> Limits:
        """How fast it may send now."""
        stored = self.stored()
        return stored.limits if stored else self.configured.limits

    @property
    def sender(self) -> tuple[str, str] | None:
        """Name and address new sendings leave in."""
        stored = self.stored()
        return stored.sender if stored else self.configured.sender

    @property
    def for_system_mail(self) -> Channel:
        """Confirmations, codes and alarms: an account that does not work must not keep back the alarm about it."""
        return self.configured if self._has_server else self

    def stored(self) -> Stored | None:
        """The account as it is in the database: in a request now, in a worker a second ago at most."""
        wired = plugin()
        if has_request_context():
            return account.stored(wired.session, self.configured.limits)
        if monotonic() >= self._read_at + FRESH_SECONDS:
            with Session(wired.engine) as session:
                self._stored = account.stored(session, self.configured.limits)
            self._read_at = monotonic()
        return self._stored

    def channel(self, stored: Stored | None) -> EmailChannel:
        """Where mail goes under an account.

        :raises ChannelError: when its password can no longer be read.
        """
        if stored is None:
            return self.configured
        return self.configured.at(_settings(stored, plugin().keys), stored.limits)

    def open(self) -> MailAccountSender:
        """The first connection is made when the block is entered."""
        return MailAccountSender(self)


class MailAccountSender:
    """Connections to the account's mail server; they are left for others when it was changed."""

    def __init__(self, channel: MailAccountChannel) -> None:
        self._channel = channel
        self._stored: Stored | None = None
        self._sender: Sender | None = None

    def __enter__(self) -> MailAccountSender:
        """:raises ChannelError: when the server cannot be reached or does not let us in."""
        self._open(self._channel.stored())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.__exit__(kind, error, trace)

    def send(self, window: Sequence[Message], until: float) -> Iterable[Outcome]:
        """Hand over each message, under the account as it is now.

        :raises ChannelError: as on entering, where the account was changed.
        """
        stored = self._channel.stored()
        if self._sender is None or stored != self._stored:
            log.info("the mail account was changed: other connections are opened")
            self.__exit__(None, None, None)
            self._open(stored)
        assert self._sender is not None
        return self._sender.send(window, until)

    def abort(self) -> None:
        """Break off ``send`` from another thread."""
        sender = self._sender
        if sender is not None:
            sender.abort()

    def _open(self, stored: Stored | None) -> None:
        self._stored = stored
        # Kept before it is entered: what is being opened can be broken off, too.
        self._sender = self._channel.channel(stored).open()
        try:
            self._sender.__enter__()
        except ChannelError:
            self._sender = None
            raise


def _settings(stored: Stored, keys: Keys) -> dict[str, Any]:
    """As Flask-Mail names them."""
    password = None
    if stored.password is not None:
        password = keys.unseal(account.PURPOSE, stored.password)
        if password is None:
            sentence = in_english(Place.ACCOUNT, "password_lost", server=stored.server, port=stored.port)
            raise ChannelError(sentence, permanent=True)
    return {
        "MAIL_SERVER": stored.server,
        "MAIL_PORT": stored.port,
        "MAIL_USE_TLS": stored.security == checks.STARTTLS,
        "MAIL_USE_SSL": stored.security == checks.TLS,
        "MAIL_USERNAME": stored.username or None,
        "MAIL_PASSWORD": password,
        "MAIL_DEFAULT_SENDER": stored.sender,
    }
