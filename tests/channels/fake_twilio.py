"""Twilio's answers without Twilio: by script, or by a server on loopback that is no help."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

ACCOUNT, TOKEN = "AC" + "0" * 32, "very-secret-token"


class FakeTwilio(HttpClient):
    """Keeps each request and answers it.

    :param answer: the status and the body for a number; it may raise.
    """

    def __init__(self, answer: Callable[[str], tuple[int, Any]] | None = None) -> None:
        self.answer = answer or created
        self.requests: list[tuple[str, str, dict[str, Any], Any]] = []

    def request(self, method: str, url: str, *_: Any, data: Any = None, auth: Any = None, **__: Any) -> Response:
        self.requests.append((method, urlsplit(url).path, data, auth))
        status, body = self.answer(data["To"])
        return Response(status, body if isinstance(body, str) else json.dumps(body))


def created(to: str) -> tuple[int, dict[str, Any]]:
    return 201, {"sid": f"SM{to.strip('+'):0>32}", "status": "queued"}


def error(status: int, code: int | None = None, said: str = "no") -> tuple[int, dict[str, Any]]:
    return status, {"code": code, "message": said, "status": status} if code else {"message": said}


class Detour(TwilioHttpClient):
    """Twilio's own client, led to a port of this machine."""

    def __init__(self, port: int, timeout: float = 0.5, scheme: str = "http") -> None:
        super().__init__(timeout=timeout)
        self.session.trust_env = False
        self._place = f"127.0.0.1:{port}"
        self._scheme = scheme

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        here = urlsplit(url)._replace(scheme=self._scheme, netloc=self._place)
        return super().request(method, here.geturl(), *args, **options)
