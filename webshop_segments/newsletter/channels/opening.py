"""The way into the mail server of Flask-Mail's settings: TLS verified, logged in, faults in plain words."""

from __future__ import annotations

import smtplib
import socket
import ssl
from ipaddress import ip_address

import flask_mail

from ...errors import ChannelError
from .faults import Place, in_english
from .reasons import in_plain_words
from .smtp import BoundedSMTP, Breaker

_WRONG_NAME = (62, 64)
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


class MailServer:
    """A mail server, and how we come in.

    :param timeout: seconds to wait for a connection and for each reply.
    :param mended: where a fault can be put right.
    """

    def __init__(self, mail: flask_mail.Mail, timeout: float, mended: Place = Place.SETTINGS) -> None:
        self._mail = mail
        self._timeout = timeout
        self._mended = mended
        self.suppressed = bool(mail.suppress)
        self.most_messages: float = mail.max_emails or float("inf")
        """What one connection may carry (MAIL_MAX_EMAILS)."""

    def connect(self, breaker: Breaker) -> BoundedSMTP:
        """:raises ChannelError: saying what to check, for whoever reads the alarm."""
        mail = self._mail
        login = bool(mail.username and mail.password)
        if login and not (mail.use_tls or mail.use_ssl or is_this_machine(mail.server)):
            raise self._fault("unencrypted", permanent=True)
        host: BoundedSMTP | None = None
        try:
            if not mail.server:
                raise ValueError("MAIL_SERVER is empty")
            context = ssl.create_default_context() if mail.use_ssl else None
            host = BoundedSMTP(mail.server, mail.port, timeout=self._timeout, breaker=breaker, context=context)
            if mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            host.ehlo_or_helo_if_needed()
            if login:
                host.login(mail.username, mail.password)
        except (OSError, ValueError) as error:
            if host is not None:
                host.close()
            breaker.release()
            raise self._trouble(error) from error
        # Only now, so that the log does not show the password.
        host.set_debuglevel(int(mail.debug))
        return host

    def _fault(self, kind: str, *, permanent: bool, **values: object) -> ChannelError:
        there = {"server": self._mail.server, "port": self._mail.port}
        return ChannelError(in_english(self._mended, kind, **there, **values), permanent=permanent)

    def _trouble(self, error: Exception) -> ChannelError:
        match error:
            case ssl.SSLCertVerificationError(verify_code=code) if code in _WRONG_NAME:
                return self._fault("other_name", permanent=True)
            case ssl.SSLCertVerificationError(verify_message=why):
                return self._fault("not_trusted", permanent=True, why=why)
            case ssl.SSLError() if not isinstance(error, ssl.SSLEOFError):
                return self._fault("no_common_tls", permanent=True, why=error.reason)
            case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=said):
                user, said = self._mail.username, f"{code} {in_plain_words(said)}"
                return self._fault("login_refused", permanent=code >= 500, user=user, said=said)
            case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
                return self._fault("no_starttls", permanent=True)
            case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said):
                return self._fault("not_served", permanent=code >= 500, said=f"{code} {in_plain_words(said)}")
            case smtplib.SMTPServerDisconnected():
                return self._fault("broke_off", permanent=False, why=error)
            case smtplib.SMTPException():
                return self._fault("no_login", permanent=True)
            case UnicodeEncodeError(encoding="ascii"):
                return self._fault("only_ascii", permanent=True)
            case socket.gaierror():
                return self._fault("no_such_server", permanent=False, why=error.strerror)
            case ConnectionRefusedError():
                return self._fault("nobody_there", permanent=False, why=error.strerror)
            case OSError():
                return self._fault("no_answer", permanent=False, why=error.strerror or error)
        return self._fault("impossible", permanent=True, why=error)


def is_this_machine(server: str) -> bool:
    """Whether what is sent there never leaves this machine."""
    try:
        return ip_address(server).is_loopback
    except ValueError:
        return server == "localhost"
