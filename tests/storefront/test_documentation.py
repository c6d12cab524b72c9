"""What docs/shop-developers.md shows runs as it stands there, and docs/interface.md lists every public name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from blinker import NamedSignal
from flask import Flask
from jinja2 import DictLoader

import webshop_segments
from tests.support.source import PROJECT
from webshop_segments import pytest_plugin, settings, signals, storefront, testing
from webshop_segments.cli import segments
from webshop_segments.plugin import EXTENSION

GUIDE = (PROJECT / "docs" / "shop-developers.md").read_text("utf-8")
INTERFACE = (PROJECT / "docs" / "interface.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The shop of the guide, on a file of this test's."""
    source = "\n".join(blocks("python")).replace("sqlite:///shop.db", f"sqlite:///{tmp_path / 'shop.db'}")
    names: dict[str, Any] = {"__name__": "guide"}
    exec(compile(source, "docs/shop-developers.md", "exec"), names)
    app: Flask = names["app"]
    app.config["WTF_CSRF_ENABLED"] = False
    titled = [re.match(r"\{# (\S+) #\}\n", block) for block in blocks("jinja")]
    app.jinja_loader = DictLoader({found[1]: found.string for found in titled if found})
    with app.app_context():
        names["db"].create_all()
    run = app.test_cli_runner()
    for words in ("db upgrade", "consents publish-first --privacy-url https://shop.example/privacy"):
        assert run.invoke(args=["segments", *words.split()]).exit_code == 0
    yield app
    with app.app_context():
        app.extensions[EXTENSION].engine.dispose()


def form(page: str) -> dict[str, str]:
    token = re.search(r'name="consent_token" value="([^"]+)"', page)
    assert token, page
    return {"consent_token": unescape(token[1])}


@pytest.mark.once
@pytest.mark.rule("W22")
@pytest.mark.rule("W28")
def test_the_guides_shop_runs(app: Flask) -> None:
    outbox, client = testing.Outbox(app), app.test_client()

    ordered = client.post(
        "/checkout", data=form(client.get("/checkout").text) | {"email": "gus@x.org", "consent_email": "1"}
    )
    assert "confirm with the link" in ordered.text
    assert [message.address for message in outbox.deliver()] == ["gus@x.org"]

    ada = {"name": "Ada", "email": "ada@x.org", "consent_email": "1"}
    page = client.post("/register", data=form(client.get("/register").text) | ada, follow_redirects=True)
    assert "confirm with the link" in page.text
    assert 'href="/profile"' in page.text
    assert client.get("/marketing/signup").headers["Location"] == "/profile"
    outbox.deliver()
    outbox.confirm(client, "ada@x.org")
    assert re.search(r'name="consent_email"[^>]* checked', client.get("/profile").text)
    assert "deleted" in client.post("/profile/delete").text

    signed_up = client.post(
        "/marketing/signup",
        data=form(client.get("/marketing/signup").text) | {"email": "n@x.org", "consent_email": "1"},
    )
    assert signed_up.status_code == 303
    assert [message.address for message in outbox.deliver()] == ["n@x.org"]


@pytest.mark.once
def test_a_template_of_the_shops_takes_the_place_of_ours(app: Flask) -> None:
    assert isinstance(app.jinja_loader, DictLoader)
    app.jinja_loader.mapping = dict(app.jinja_loader.mapping) | {
        "webshop_segments/storefront/consent_fields.html": "<p>ours: {{ offer.text.statement }}</p>",
        "webshop_segments/public/base.html": "<p>our frame</p>{% block content %}{% endblock %}",
    }
    client = app.test_client()

    assert "<p>ours: " in client.get("/checkout").text
    assert "our frame" in client.get("/marketing/signup").text
    assert "consent_email" in client.get("/marketing/signup").text


@pytest.mark.once
def test_every_public_name_is_listed_and_none_that_is_gone() -> None:
    listed = set(re.findall(r"^\| `([\w.]+)`", INTERFACE, re.MULTILINE))
    told = {name for name, value in vars(signals).items() if isinstance(value, NamedSignal)}
    fixtures = {name for name in vars(pytest_plugin) if name.startswith("segments_")}
    public = set(webshop_segments.__all__) | set(settings.NAMES) | {"WSS_KEYS"} | fixtures
    public |= {f"storefront.{name}" for name in storefront.__all__} | {f"signals.{name}" for name in told}
    public |= {f"testing.{name}" for name in ("FakeShop", "Outbox", "Sent")}

    assert listed == public


@pytest.mark.once
def test_every_public_thing_says_what_it_is() -> None:
    things = [getattr(webshop_segments, name) for name in webshop_segments.__all__]
    things += [getattr(storefront, name) for name in storefront.__all__]
    silent = [thing for thing in things if inspect.isclass(thing) | inspect.isfunction(thing) and not thing.__doc__]
    assert not silent


@pytest.mark.once
def test_every_command_is_listed() -> None:
    def commands(group: Any, *above: str) -> Iterator[str]:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from commands(command, *above, name)
            else:
                yield " ".join([*above, name])

    listed = set(re.findall(r"^\| `flask segments ([a-z -]+?)`", INTERFACE, re.MULTILINE))
    assert set(commands(segments)) <= listed
