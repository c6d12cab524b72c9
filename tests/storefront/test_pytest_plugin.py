"""The pytest plugin, used by a stranger's tests in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

APP = """
import pytest
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from webshop_segments import Columns, SQLAlchemyShop, WebshopSegments, storefront

@pytest.fixture
def app({needs}):
    app = Flask("shop")
    app.config.update(SECRET_KEY="x", SQLALCHEMY_DATABASE_URI={database}, WSS_PUBLIC_URL="https://shop.example",
                      WSS_KEYS={{"k": "x" * 40}}, MAIL_DEFAULT_SENDER="news@shop.example")
    db = SQLAlchemy(app)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(254))
        phone = db.Column(db.String(40))
        active = db.Column(db.Boolean, default=True)

    WebshopSegments(app, db, shop=SQLAlchemyShop(
        contacts=Columns(User, contact_ref="id", partner_ref="id", email="email", phone="phone", is_active="active"),
        partners=Columns(User, partner_ref="id", name="email", is_active="active")))

    @app.route("/order", methods=["GET", "POST"])
    def order():
        if request.method == "GET":
            return str(storefront.consent_fields("guest_checkout"))
        outcome = storefront.record("guest_checkout", guest=storefront.Guest(email=request.form["email"]))
        db.session.commit()
        return outcome.message or ""

    with app.app_context():
        db.create_all()
    run = app.test_cli_runner()
    run.invoke(args=["segments", "db", "upgrade"])
    run.invoke(args=["segments", "consents", "publish-first", "--privacy-url", "https://shop.example/privacy"])
    yield app
    with app.app_context():
        db.engine.dispose()
"""

GUEST = """
import re

def test_a_guest_gets_a_confirmation(app, segments_outbox):
    client = app.test_client()
    token = re.search('name="consent_token" value="([^"]+)"', client.get("/order").text)[1]
    client.post("/order", data={"email": "gus@example.com", "consent_email": "1", "consent_token": token})
    assert segments_outbox.sent == []
    [mail] = segments_outbox.deliver()
    assert mail.address == "gus@example.com"
    assert "Please confirm" in mail.subject
    assert mail.html
    segments_outbox.confirm(client, "gus@example.com")
    assert "confirmed already" in client.get(mail.links[0]).text
    assert segments_outbox.deliver() == []
"""

FAKE = """
import pytest
from webshop_segments import Rejected, signals

def test_a_receiver_of_my_own_hears_of_consents(segments_shop):
    heard = []
    def hear(app, **told):
        heard.append((told["person_ref"], told["channel"], told["action"]))
    segments_shop.publish("email", "sms")
    with signals.consent_changed.connected_to(hear):
        key = segments_shop.customer("ada@example.com", agreed=["email"])
    assert heard == [(str(key), "email", "granted")]

def test_nothing_was_sent(segments_shop):
    assert segments_shop.outbox.deliver() == []
    with pytest.raises(LookupError, match="deliver"):
        segments_shop.outbox.confirm(segments_shop.app.test_client(), "ada@example.com")
"""


def run(folder: Path, **files: str) -> str:
    """The outcome of a project's own tests."""
    for name, content in files.items():
        (folder / f"{name}.py").write_text(content, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = os.environ | {"PYTEST_ADDOPTS": ""}
    done = subprocess.run([*command, str(folder)], cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_a_shops_tests_see_what_was_sent(tmp_path: Path) -> None:
    app = APP.format(needs="tmp_path", database="f'sqlite:///{tmp_path}/shop.db'")

    assert "1 passed" in (said := run(tmp_path, conftest=app, test_guest=GUEST)), said


def test_a_database_in_memory_is_refused_with_the_cure(tmp_path: Path) -> None:
    app = APP.format(needs="", database="'sqlite://'")

    assert "let the tests use a file" in run(tmp_path, conftest=app, test_guest=GUEST)


def test_the_fake_shop_stands_without_a_shop_of_ones_own(tmp_path: Path) -> None:
    assert "2 passed" in (said := run(tmp_path, test_fake=FAKE)), said
