"""The way into the mail server of Flask-Mail's settings: TLS verified, logged in, faults in plain words."""

from __future__ import annotations

import smtplib
import ssl
from ipaddress import ip_address

import flask_mail

from ...errors import ChannelError
from .reasons import in_plain_words
from .smtp import BoundedSMTP, Breaker

_WRONG_NAME = (62, 64)
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


class MailServer:
    """A mail server, and how we come in.

    :param timeout: seconds to wait for a connection and for each reply.
    """

    def __init__(self, mail: flask_mail.Mail, timeout: float) -> None:
        self._mail = mail
        self._timeout = timeout
        self.suppressed = bool(mail.suppress)
        self.most_messages: float = mail.max_emails or float("inf")
        """What one connection may carry (MAIL_MAX_EMAILS)."""

    def connect(self, breaker: Breaker) -> BoundedSMTP:
        """:raises ChannelError: saying what to check, for whoever reads the alarm."""
        mail = self._mail
        login = bool(mail.username and mail.password)
        if login and not (mail.use_tls or mail.use_ssl or _is_this_machine(mail.server)):
            raise ChannelError(
                f"The password for {self._place} would travel unencrypted: set MAIL_USE_TLS (port 587) "
                "or MAIL_USE_SSL (port 465).",
                permanent=True,
            )
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

    @property
    def _place(self) -> str:
        return f"the mail server {self._mail.server}, port {self._mail.port},"

    def _trouble(self, error: Exception) -> ChannelError:
        sentence, permanent = self._sentence(error)
        return ChannelError(sentence[0].upper() + sentence[1:], permanent=permanent)

    def _sentence(self, error: Exception) -> tuple[str, bool]:
        place = self._place
        match error:
            case ssl.SSLCertVerificationError(verify_code=code) if code in _WRONG_NAME:
                cure = "set MAIL_SERVER to the name the certificate was issued for."
                return f"{place} shows a certificate for another name: {cure}", True
            case ssl.SSLCertVerificationError(verify_message=why):
                cure = "renew it, or name the file of its authority in the environment variable SSL_CERT_FILE."
                return f"{place} shows a certificate that is not trusted ({why}): {cure}", True
            case ssl.SSLError() if not isinstance(error, ssl.SSLEOFError):
                cure = "MAIL_USE_SSL belongs to port 465, MAIL_USE_TLS to ports 587 and 25."
                return f"{place} and we found no common TLS ({error.reason}): {cure}", True
            case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=said):
                said = f"{code} {in_plain_words(said)}"
                cure = f"check MAIL_USERNAME and MAIL_PASSWORD. It said: {said}"
                return f"{place} refused the login of {self._mail.username}: {cure}", code >= 500
            case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
                cure = "check MAIL_PORT, or use MAIL_USE_SSL with port 465."
                return f"{place} offers no STARTTLS, which MAIL_USE_TLS asks for: {cure}", True
            case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said):
                said = f"{code} {in_plain_words(said)}"
                return f"{place} does not serve us; ask whoever runs it. It said: {said}", code >= 500
            case smtplib.SMTPServerDisconnected():
                cure = "check that it runs, and that MAIL_PORT fits MAIL_USE_TLS and MAIL_USE_SSL."
                return f"{place} broke off: {error}; {cure}", False
            case smtplib.SMTPException():
                cure = "remove MAIL_USERNAME and MAIL_PASSWORD, or check MAIL_USE_TLS and MAIL_PORT."
                return f"{place} offers no login that we know: {cure}", True
            case UnicodeEncodeError(encoding="ascii"):
                return f"{place} takes only ASCII in MAIL_USERNAME and MAIL_PASSWORD.", True
            case OSError():
                cure = "check that it runs, MAIL_SERVER and MAIL_PORT, and the firewall."
                return f"{place} cannot be reached ({error.strerror or error}): {cure}", False
        return f"{place} cannot exist ({error}): check MAIL_SERVER and MAIL_PORT.", True


def _is_this_machine(server: str) -> bool:
    try:
        return ip_address(server).is_loopback
    except ValueError:
        return server == "localhost"
