"""A browser that notes errors, and requests that leave this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError


@contextmanager
def watched(context: BrowserContext) -> Iterator[None]:
    """:raises AssertionError: at the end, for every error of a page and every request to somebody else."""
    faults: list[str] = []
    refused: list[str] = []

    def console(message: ConsoleMessage) -> None:
        # A page that is itself an answer like 404 is noted by the browser as an error, too.
        expected = message.text.startswith("Failed to load resource") and message.location["url"] in refused
        if message.type in ("error", "warning") and not expected:
            faults.append(f"{message.location['url']}: {message.text}")

    def error(error: WebError) -> None:
        faults.append(f"{error.page.url if error.page else ''}: {error.error}")

    def request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "about", "blob") and address.hostname != "127.0.0.1":
            faults.append(f"{request.frame.url} calls {request.url}")

    def response(response: Response) -> None:
        if response.status >= 400 and response.request.is_navigation_request():
            refused.append(response.url)

    context.on("console", console)
    context.on("weberror", error)
    context.on("request", request)
    context.on("response", response)
    yield
    assert not faults, "\n".join(faults)
