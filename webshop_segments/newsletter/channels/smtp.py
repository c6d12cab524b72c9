"""The connection to the mail server of Flask-Mail's settings: bounded in time, TLS verified, faults in plain words."""

from __future__ import annotations

import smtplib
import ssl
from ipaddress import ip_address
from time import monotonic
from types import TracebackType

import flask_mail

from ...errors import ChannelError
from .reasons import in_plain_words

MOST_LINES = 128
LONGEST_LINE = 8192

_WRONG_NAME = (62, 64)
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


class BoundedSMTP(smtplib.SMTP):
    """Reads replies up to a time, a length and a number of lines, and speaks only after all of them were read."""

    _unread = b""

    def send(self, s: bytes | str) -> None:  # type: ignore[override]
        if self._unread:
            raise smtplib.SMTPServerDisconnected("it gave more replies than there were commands")
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("there is no connection")
        if self.file is None:
            # Also after STARTTLS: what was said in the clear does not count.
            self.file, self._unread = self.sock.makefile("rb"), b""
        until = monotonic() + self.timeout
        lines: list[bytes] = []
        try:
            while len(lines) < MOST_LINES:
                line = self._line(until)
                lines.append(line[4:].strip())
                if not line[:3].isdigit():
                    return -1, line.strip()
                if line[3:4] != b"-":
                    return int(line[:3]), b"\n".join(lines)
            raise OSError("its reply had no end")
        except OSError as error:
            self.close()
            reason = f"it did not answer within {self.timeout:g} s" if isinstance(error, TimeoutError) else str(error)
            raise smtplib.SMTPServerDisconnected(reason) from error
        finally:
            if self.sock is not None:
                self.sock.settimeout(self.timeout)

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > LONGEST_LINE:
                raise OSError("its reply was a line without end")
            assert self.sock is not None
            assert self.file is not None
            self.sock.settimeout(max(until - monotonic(), 0.001))
            more = self.file.read1(LONGEST_LINE)
            if not more:
                raise OSError("it closed the connection")
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line


class BoundedSMTPOverTLS(BoundedSMTP, smtplib.SMTP_SSL):
    """The same on a port that speaks TLS from the start."""


class ServerLine(flask_mail.Connection):
    """Flask-Mail's connection. ``host`` is None while there is none, and for good with MAIL_SUPPRESS_SEND."""

    def __init__(self, mail: flask_mail.Mail, timeout: float) -> None:
        super().__init__(mail)
        self._timeout = timeout

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._take_leave()

    def ready(self) -> smtplib.SMTP:
        """The host to hand the next message to, connected anew after a loss and after MAIL_MAX_EMAILS messages.

        :raises ChannelError: when there is no connection to be had.
        """
        if self.num_emails and self.num_emails == self.mail.max_emails:
            self._take_leave()
        if self.host is None:
            self.host = self.configure_host()
            self.num_emails = 0
        self.num_emails += 1
        return self.host

    def drop(self) -> None:
        """Close without a word."""
        if self.host is not None:
            self.host.close()
            self.host = None

    def configure_host(self) -> smtplib.SMTP:
        """:raises ChannelError: saying what to check, for whoever reads the alarm."""
        mail = self.mail
        login = bool(mail.username and mail.password)
        if login and not (mail.use_tls or mail.use_ssl or _is_this_machine(mail.server)):
            raise ChannelError(
                f"The password for {self._place} would travel unencrypted: set MAIL_USE_TLS (port 587) "
                "or MAIL_USE_SSL (port 465).",
                permanent=True,
            )
        host: smtplib.SMTP | None = None
        try:
            host = self._connected()
            if mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            host.ehlo_or_helo_if_needed()
            if login:
                host.login(mail.username, mail.password)
        except (OSError, ValueError) as error:
            if host is not None:
                host.close()
            raise self._trouble(error) from error
        # Only now, so that the log does not show the password.
        host.set_debuglevel(int(mail.debug))
        return host

    def _connected(self) -> smtplib.SMTP:
        mail = self.mail
        if not mail.server:
            raise ValueError("MAIL_SERVER is empty")
        if mail.use_ssl:
            context = ssl.create_default_context()
            return BoundedSMTPOverTLS(mail.server, mail.port, timeout=self._timeout, context=context)
        return BoundedSMTP(mail.server, mail.port, timeout=self._timeout)

    def _take_leave(self) -> None:
        try:
            if self.host is not None:
                self.host.quit()
        except OSError:
            pass
        finally:
            self.drop()

    @property
    def _place(self) -> str:
        return f"the mail server {self.mail.server}, port {self.mail.port},"

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
                return f"{place} refused the login of {self.mail.username}: {cure}", code >= 500
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
