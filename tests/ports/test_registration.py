"""The plugin in an app: once, on databases it can keep its word on, and beside a second app in the same process."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Integer, String, func, select

from tests.shops import Shop, make_shop
from tests.support.databases import DatabaseServer
from webshop_segments import Columns, SQLAlchemyShop, WebshopSegments, storefront
from webshop_segments.consent.models import ConsentRecord
from webshop_segments.errors import ConfigurationError
from webshop_segments.plugin import plugin


def make_app(**config: Any) -> tuple[Flask, Any, SQLAlchemyShop]:
    app = Flask("tests.registration")
    given = {"WSS_PUBLIC_URL": "https://shop.example", "WSS_KEYS": {"k1": "x" * 32}}
    app.config.update(given | {"SQLALCHEMY_DATABASE_URI": "sqlite://"} | config)
    db = SQLAlchemy(app)

    class User(db.Model):
        id = db.Column(Integer, primary_key=True)
        name = db.Column(String(80))
        is_active = db.Column(db.Boolean)

    contacts = Columns(User, contact_ref="id", partner_ref="id", email="name", phone="name", is_active="is_active")
    shop = SQLAlchemyShop(
        contacts=contacts, partners=Columns(User, partner_ref="id", name="name", is_active="is_active")
    )
    return app, db, shop


@pytest.mark.once
def test_a_second_registration_is_refused() -> None:
    app, db, shop = make_app()
    segments = WebshopSegments(app, db, shop=shop)
    for again in (lambda: WebshopSegments(app, db, shop=shop), lambda: segments.init_app(app, db, shop=shop)):
        with pytest.raises(ConfigurationError, match="already has webshop_segments: call .* only once"):
            again()


@pytest.mark.once
def test_one_instance_serves_several_apps() -> None:
    segments = WebshopSegments()
    for _ in range(2):
        app, db, shop = make_app()
        segments.init_app(app, db, shop=shop)
        with app.app_context():
            assert plugin().database is db


@pytest.mark.once
def test_an_app_without_the_plugin_is_told_so() -> None:
    with Flask("tests.without").app_context(), pytest.raises(ConfigurationError, match="has no webshop_segments"):
        plugin()


@pytest.mark.once
@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"WSS_PUBLIC_URL": None}, "WSS_PUBLIC_URL is missing"),
        ({"WSS_KEYS": None}, "WSS_KEYS is missing"),
        ({"WSS_SCHEMA": "marketing"}, "WSS_SCHEMA has no meaning on SQLite"),
        (
            {
                "SQLALCHEMY_DATABASE_URI": "mysql+pymysql://shop@localhost/shop",
                "SQLALCHEMY_ENGINE_OPTIONS": {"module": SimpleNamespace(paramstyle="format", __version__="1.0")},
            },
            "runs on SQLite and PostgreSQL; this shop's database is mysql",
        ),
    ],
    ids=["no address", "no keys", "schema on SQLite", "MySQL"],
)
def test_what_cannot_work_is_refused_at_the_start(config: dict[str, Any], told: str) -> None:
    app, db, shop = make_app(**config)
    with pytest.raises(ConfigurationError, match=told):
        WebshopSegments(app, db, shop=shop)


def test_two_apps_in_one_process_do_not_see_each_other(
    shop: Shop, database_server: DatabaseServer, migrated_database: str, host_schema: str | None
) -> None:
    url = database_server.create(copy_of=migrated_database)
    other = make_shop(
        url, schema=host_schema, key_type="uuid", config={"WSS_SHOP_NAME": "Other", "WSS_URL_PREFIX": "/x"}
    )
    shop.publish()
    shop.agreed("ada@example.com")
    shop.session.commit()

    with other.app.app_context():
        assert storefront.consent_fields("registration") == ""
        other.publish()
        other.agreed("bob@example.com")
        other.send(other.newsletter())
        other.work()
        assert other.session.scalar(select(func.count()).select_from(ConsentRecord)) == 1
        other.session.close()
        other.plugin.engine.dispose()
    shop.send(shop.newsletter())
    shop.work()

    assert [m.address for m in shop.email.sent if b"[Copy]" not in m.content] == ["ada@example.com"]
    assert [m.address for m in other.email.sent if b"[Copy]" not in m.content] == ["bob@example.com"]
    assert shop.app.test_client().get("/marketing/segments").status_code == 200
    assert other.app.test_client().get("/marketing/segments").status_code == 404
    assert other.app.test_client().get("/x/segments").status_code == 200
    with other.app.app_context():
        other.plugin.engine.dispose()
    database_server.drop(url)
