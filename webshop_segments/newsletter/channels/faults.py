"""Why a mail server does not let us in: a sentence that says how to mend it, in English for rows and logs, and in the
reader's language on pages.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache

from ...i18n import _, in_language

_VALUE = re.compile(r"%\((\w+)\)s")


class Place(Enum):
    """Where what is wrong can be put right."""

    SETTINGS = "settings"
    ACCOUNT = "account"


def in_english(place: Place, kind: str, **values: object) -> str:
    """The sentence as it is stored; what the server said comes last, for a column may cut it."""
    return _english()[place.value, kind] % values


def translated(sentence: str) -> str:
    """A stored sentence in the current language; one of another origin stays as it is."""
    for key, template in _english().items():
        found = re.fullmatch(_pattern(template), sentence, re.DOTALL)
        if found:
            return _sentences()[key] % found.groupdict()
    return sentence


@cache
def _english() -> dict[tuple[str, str], str]:
    with in_language("en", "en"):
        return _sentences()


@cache
def _pattern(template: str) -> str:
    """Matches what was made of a template; a value that comes twice is the same both times."""
    seen: set[str] = set()
    parts = []
    for number, part in enumerate(_VALUE.split(template)):
        if number % 2 == 0:
            parts.append(re.escape(part.replace("%%", "%")))
        else:
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>.*?)")
            seen.add(part)
    return "".join(parts)


def _sentences() -> dict[tuple[str, str], str]:
    found = {(Place.SETTINGS.value, kind): sentence for kind, sentence in _of_settings().items()}
    return found | {(Place.ACCOUNT.value, kind): sentence for kind, sentence in _of_account().items()}


def _of_settings() -> dict[str, str]:
    """For whoever writes the shop's configuration."""
    return {
        "unencrypted": _(
            "The password for the mail server %(server)s, port %(port)s, would travel unencrypted: set MAIL_USE_TLS "
            "(port 587) or MAIL_USE_SSL (port 465)."
        ),
        "other_name": _(
            "The mail server %(server)s, port %(port)s, shows a certificate for another name: set MAIL_SERVER to the "
            "name the certificate was issued for."
        ),
        "not_trusted": _(
            "The mail server %(server)s, port %(port)s, shows a certificate that is not trusted (%(why)s): renew it, "
            "or name the file of its authority in the environment variable SSL_CERT_FILE."
        ),
        "no_common_tls": _(
            "The mail server %(server)s, port %(port)s, and we found no common TLS (%(why)s): MAIL_USE_SSL belongs to "
            "port 465, MAIL_USE_TLS to ports 587 and 25."
        ),
        "login_refused": _(
            "The mail server %(server)s, port %(port)s, refused the login of %(user)s: check MAIL_USERNAME and "
            "MAIL_PASSWORD. It said: %(said)s"
        ),
        "no_starttls": _(
            "The mail server %(server)s, port %(port)s, offers no STARTTLS, which MAIL_USE_TLS asks for: check "
            "MAIL_PORT, or use MAIL_USE_SSL with port 465."
        ),
        "not_served": _(
            "The mail server %(server)s, port %(port)s, does not serve us; ask whoever runs it. It said: %(said)s"
        ),
        "broke_off": _(
            "The mail server %(server)s, port %(port)s, broke off: %(why)s; check that it runs, and that MAIL_PORT "
            "fits MAIL_USE_TLS and MAIL_USE_SSL."
        ),
        "no_login": _(
            "The mail server %(server)s, port %(port)s, offers no login that we know: remove MAIL_USERNAME and "
            "MAIL_PASSWORD, or check MAIL_USE_TLS and MAIL_PORT."
        ),
        "only_ascii": _(
            "The mail server %(server)s, port %(port)s, takes only ASCII in MAIL_USERNAME and MAIL_PASSWORD."
        ),
        "nobody_there": _(
            "The mail server %(server)s, port %(port)s, cannot be reached (%(why)s): check that it runs, MAIL_SERVER "
            "and MAIL_PORT, and the firewall."
        ),
        "no_such_server": _(
            "The mail server %(server)s, port %(port)s, cannot be found (%(why)s): check MAIL_SERVER, and the name "
            "service of this machine."
        ),
        "no_answer": _(
            "The mail server %(server)s, port %(port)s, cannot be reached (%(why)s): check that it runs, MAIL_SERVER "
            "and MAIL_PORT, and the firewall."
        ),
        "impossible": _(
            "The mail server %(server)s, port %(port)s, cannot exist (%(why)s): check MAIL_SERVER and MAIL_PORT."
        ),
    }


def _of_account() -> dict[str, str]:
    """For the administrator at the account's form."""
    return {
        "unencrypted": _(
            "The password for the mail server %(server)s, port %(port)s, would travel unencrypted. Choose STARTTLS "
            "(port 587) or TLS (port 465)."
        ),
        "other_name": _(
            "The mail server %(server)s, port %(port)s, shows a certificate for another name. Enter as server the "
            "name the certificate was issued for; the provider's instructions say which."
        ),
        "not_trusted": _(
            "The mail server %(server)s, port %(port)s, shows a certificate that is not trusted (%(why)s). Check the "
            "server's name; if it is right, whoever runs it has to renew the certificate."
        ),
        "no_common_tls": _(
            "The mail server %(server)s, port %(port)s, and we found no common encryption (%(why)s). TLS from the "
            "start belongs to port 465, STARTTLS to ports 587 and 25: choose the other one, or another port."
        ),
        "login_refused": _(
            "The mail server %(server)s, port %(port)s, refused the login of %(user)s. Check the login and enter the "
            "password again; some providers want a password made for programs. It said: %(said)s"
        ),
        "no_starttls": _(
            "The mail server %(server)s, port %(port)s, offers no STARTTLS. Choose TLS with port 465, or check the "
            "port."
        ),
        "not_served": _(
            "The mail server %(server)s, port %(port)s, does not serve us. Ask the provider what is missing. It said: "
            "%(said)s"
        ),
        "broke_off": _(
            "The mail server %(server)s, port %(port)s, broke off: %(why)s. Check that port and encryption belong "
            "together: TLS has port 465, STARTTLS ports 587 and 25."
        ),
        "no_login": _(
            "The mail server %(server)s, port %(port)s, offers no login that we know. Many offer one only when the "
            "connection is encrypted: choose STARTTLS or TLS; or leave login and password empty."
        ),
        "only_ascii": _(
            "The mail server %(server)s, port %(port)s, takes no umlauts or other special letters in login and "
            "password. Choose another password there and enter it here."
        ),
        "nobody_there": _(
            "At the mail server %(server)s nobody answers on port %(port)s (%(why)s). Check the port, and whether the "
            "server is running."
        ),
        "no_such_server": _(
            "There is no mail server with the name %(server)s (port %(port)s; %(why)s). Check how it is spelt; the "
            "provider's instructions name it."
        ),
        "no_answer": _(
            "The mail server %(server)s, port %(port)s, cannot be reached (%(why)s). Check server and port; the "
            "firewall of this shop or its host may be closing this port."
        ),
        "impossible": _("The mail server %(server)s, port %(port)s, cannot exist (%(why)s). Check server and port."),
        "password_lost": _(
            "The password for the mail server %(server)s, port %(port)s, can no longer be read, because its key was "
            "taken out of WSS_KEYS. Enter the password again."
        ),
    }
