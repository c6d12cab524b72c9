"""SMS and WhatsApp by Twilio: one request per message, none of them ever repeated by itself."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import replace
from socket import gaierror
from types import TracebackType
from typing import Any

from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from ...channel import Accepted, Message, Outcome, Rejected, Unknown
from ...errors import ChannelError
from ...limits import Limits
from .reasons import in_plain_words, not_begun
from .twilio_errors import Verdict, verdict

logger = logging.getLogger(__name__)

LONGEST_TEXT = 1600

_TIMEOUT = 8
"""Seconds. A request under way cannot be broken off, and a worker that is told to stop leaves within ten."""


class TwilioChannel:
    """A Twilio account.

    :param sender: a number in E.164, an alphanumeric name, or the SID of a messaging service (MG…).
    :param http_client: sends the requests; by default Twilio's own with a timeout of eight seconds.
    :param name: 'sms' or 'whatsapp'.
    :param per_second: messages the sender may send in a second; an SMS long code may send one.
    :param limits: how fast it may send apart from that.
    """

    def __init__(
        self,
        account: str,
        token: str,
        sender: str | None,
        *,
        http_client: Any = None,
        name: str = "sms",
        per_second: int = 1,
        limits: Limits | None = None,
    ) -> None:
        self.name = name
        self.window = max(1, min(per_second, 100))
        self.limits = replace(limits or Limits(), per_second=max(1, per_second))
        self._login = (account, token)
        self._sender = sender
        self._http_client = http_client

    def open(self) -> TwilioSender:
        """:raises ChannelError: when there is nobody to send as."""
        if not self._sender:
            raise ChannelError(
                "There is no sender for text messages: set WSS_TWILIO_SENDER to a number of the Twilio account "
                "(+4915…) or to the SID of a messaging service (MG…).",
                permanent=True,
            )
        client = Client(*self._login, http_client=self._http_client or TwilioHttpClient(timeout=_TIMEOUT))
        return TwilioSender(client, self._sender, "whatsapp:" if self.name == "whatsapp" else "")


class TwilioSender:
    """Asks Twilio to create each message."""

    def __init__(self, client: Any, sender: str, prefix: str) -> None:
        self._client = client
        self._sender = sender
        self._prefix = prefix
        self._aborted = False

    def __enter__(self) -> TwilioSender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session = getattr(self._client.http_client, "session", None)
        if session is not None:
            session.close()

    def send(self, window: Sequence[Message], until: float) -> Iterator[Outcome]:
        self._aborted = False
        return (not_begun(one, until, aborted=self._aborted) or self._outcome(one) for one in window)

    def abort(self) -> None:
        """The request under way ends by its own timeout; what was not begun is refused for now."""
        self._aborted = True

    def _outcome(self, message: Message) -> Outcome:
        text = message.content.decode("utf-8", "replace")
        if len(text) > LONGEST_TEXT:
            return _refused(message.number, 21617, f"The text has {len(text)} characters; Twilio takes {LONGEST_TEXT}.")
        try:
            later = {"status_callback": message.status_url} if message.status_url else {}
            created = self._client.messages.create(
                to=self._prefix + message.address, body=text, **self._from(message.sender or self._sender), **later
            )
            if not created.sid:
                return Unknown(message.number, "Twilio answered without the message's id.")
            return Accepted(message.number, created.sid)
        except TwilioRestException as error:
            return _answered(message.number, error.status, error.code, error.msg)
        except TwilioServiceException as error:
            return _answered(message.number, error.status, error.code, error.detail or error.title)
        except Exception as error:
            causes = list(_causes(error))
            if any(_before_the_request(cause) for cause in causes):
                reason = in_plain_words(f"Twilio cannot be reached: {causes[-1]}")
                return Rejected(message.number, reason, permanent=False)
            # Twilio knows no idempotency key: what may have been created is not asked for again (T04).
            logger.warning("Twilio gave no clear answer to message %s", message.number, exc_info=True)
            return Unknown(message.number, in_plain_words(f"No clear answer from Twilio: {causes[-1]}"))

    def _from(self, sender: str) -> dict[str, str]:
        if sender.startswith("MG"):
            return {"messaging_service_sid": sender}
        return {"from_": self._prefix + sender}


def _answered(number: int, status: int, code: int | None, said: str) -> Outcome:
    if status >= 500:
        return Unknown(number, in_plain_words(f"{code or status} {said}"))
    if status in (401, 429):
        code = {401: 20003, 429: 20429}[status]
    return _refused(number, code or status, said)


def _refused(number: int, code: int, said: str) -> Rejected:
    meaning = verdict(code)
    return Rejected(
        number,
        in_plain_words(f"{code} {said}"),
        permanent=meaning is not Verdict.LATER,
        about_us=meaning is Verdict.US,
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _before_the_request(error: BaseException) -> bool:
    """Whether nothing was asked yet: no address, nobody there, a certificate that is not Twilio's."""
    # requests is a dependency of Twilio's library, not ours: its exception is known by name.
    unreached = isinstance(error, ConnectionRefusedError | gaierror | ssl.SSLCertVerificationError)
    return unreached or type(error).__name__ == "ConnectTimeout"
