"""The composition root: the only file that knows everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, appcontext_pushed
from flask_babel import Babel
from flask_mail import Mail
from sqlalchemy import Engine, event

from . import shop as shop_port
from .access import Access
from .administration.own import OwnAdministrators
from .blueprints import routes
from .channel import Channel
from .cli import segments as commands
from .db import SCHEMA_TOKEN
from .errors import ConfigurationError
from .i18n import LANGUAGES
from .keys import Keys
from .migration import keep_out_of_host_migrations
from .newsletter.account.channel import MailAccountChannel
from .newsletter.channels.twilio import TwilioChannel
from .plugin import EXTENSION, Plugin
from .settings import Settings
from .shop import Shop
from .storefront import consent_fields


class WebshopSegments:
    """Segments, consents and newsletters for a Flask webshop.

    ``WebshopSegments(app, db, shop=…)``, or ``init_app`` later with the same arguments. Nothing of the app is
    kept here: one instance may serve several apps.

    :param db: the host's Flask-SQLAlchemy extension.
    :param shop: where partners, contacts and orders are read.
    :param access: who may do what; our own administrators and login page by default.
    :param channels: name → channel; by default e-mail through the panel's mail account, without one by
        Flask-Mail's settings, and SMS where WSS_TWILIO_* is set.
    """

    def __init__(self, app: Flask | None = None, db: Any = None, **ports: Any) -> None:
        if app is not None:
            self.init_app(app, db, **ports)

    def init_app(
        self,
        app: Flask,
        db: Any,
        *,
        shop: Shop,
        access: Access | None = None,
        channels: Mapping[str, Channel] | None = None,
    ) -> None:
        """Add the plugin to an app.

        :raises ConfigurationError: for a second registration, a wrong mapping, a missing setting or key, a
            database that cannot carry the plugin; the sentence names the cure.
        """
        if EXTENSION in app.extensions:
            raise ConfigurationError("This app already has webshop_segments: call WebshopSegments(app, …) only once.")
        settings = Settings.read(app.config)
        keys = Keys.parse(app.config.get("WSS_KEYS"))
        shop_port.check(shop)
        if "sqlalchemy" not in app.extensions:
            raise ConfigurationError("Call db.init_app(app) before WebshopSegments(app, db, …).")
        app.extensions[EXTENSION] = Plugin(
            database=db,
            settings=settings,
            keys=keys,
            shop=shop,
            access=access or OwnAdministrators(),
            channels=channels if channels is not None else _default_channels(app, settings),
        )
        with app.app_context():
            _fit(db.engine, settings.schema)
        if "babel" not in app.extensions:
            Babel(app, default_locale=settings.default_locale, locale_selector=_best_language)
        if "mail" not in app.extensions:
            Mail(app)
        app.jinja_env.globals.setdefault("consent_fields", consent_fields)
        routes.register(app, settings.url_prefix)
        app.cli.add_command(commands)
        # Flask-Migrate may be added to the app after us; its commands run in an app context as pages do.
        appcontext_pushed.connect(keep_out_of_host_migrations, app)


def _fit(engine: Engine, schema: str | None) -> None:
    """Refuse databases the plugin cannot keep its word on, and tell the engine where our tables are."""
    dialect = engine.dialect
    if dialect.name == "sqlite":
        import sqlite3

        if sqlite3.sqlite_version_info < (3, 35):
            raise ConfigurationError(f"SQLite {sqlite3.sqlite_version} is too old: webshop_segments needs 3.35.")
        if schema is not None:
            raise ConfigurationError("WSS_SCHEMA has no meaning on SQLite: leave it out.")
    elif dialect.name != "postgresql":
        raise ConfigurationError(
            f"webshop_segments runs on SQLite and PostgreSQL; this shop's database is {dialect.name}."
        )
    theirs = engine.get_execution_options().get("schema_translate_map") or {}
    engine.update_execution_options(schema_translate_map={**theirs, SCHEMA_TOKEN: schema})
    event.listen(engine, "first_connect", _old_server)


def _old_server(connection: Any, record: Any) -> None:
    version = getattr(getattr(connection, "info", None), "server_version", None)
    if version is not None and version < 130000:
        raise ConfigurationError(f"PostgreSQL {version // 10000} is too old: webshop_segments needs 13.")


def _default_channels(app: Flask, settings: Settings) -> dict[str, Channel]:
    channels: dict[str, Channel] = {"email": MailAccountChannel.from_config(app.config)}
    if settings.twilio_account and settings.twilio_token:
        channels["sms"] = TwilioChannel(settings.twilio_account, settings.twilio_token, settings.twilio_sender)
    return channels


def _best_language() -> str | None:
    from flask import has_request_context, request

    return request.accept_languages.best_match(list(LANGUAGES)) if has_request_context() else None
