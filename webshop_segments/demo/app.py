"""The shop as a Flask app, with webshop_segments wired into it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, format_currency, get_locale
from flask_wtf import CSRFProtect
from sqlalchemy import select, update
from werkzeug.exceptions import HTTPException

from webshop_segments import (
    Channel,
    Columns,
    MailAccountChannel,
    SQLAlchemyShop,
    TwilioChannel,
    WebshopSegments,
    signals,
    storefront,
)

from . import account, cart, catalogue, checkout, guide, languages, mail, phones
from .instance import DemoError, demo_folder, demo_port, open_folder
from .models import Address, Company, Customer, Order, db

LOOPBACK = ("127.0.0.1", "localhost", "::1")

babel = Babel()
csrf = CSRFProtect()
segments = WebshopSegments()


def create_app(folder: Path | None = None, database_url: str | None = None, **settings: Any) -> Flask:
    """The shop; what it keeps lies in the folder.

    :param folder: in place of DEMO_FOLDER.
    :param database_url: in place of DEMO_DATABASE_URL; a SQLite file in the folder without either.
    :param settings: Flask configuration, over the demo's own.
    """
    folder = folder or demo_folder()
    app = Flask(__name__, instance_path=str(folder))
    app.config.from_mapping(demo_settings(folder))
    app.config.from_mapping(settings)
    app.config["SQLALCHEMY_DATABASE_URI"] = (
        database_url or os.environ.get("DEMO_DATABASE_URL") or f"sqlite:///{folder / 'shop.db'}"
    )
    if app.config["MAIL_SERVER"] not in LOOPBACK:
        raise DemoError(
            f"The demo sends mail to its own mailbox on this computer only, not to {app.config['MAIL_SERVER']}: "
            "take MAIL_SERVER out of the environment."
        )
    db.init_app(app)
    babel.init_app(app, locale_selector=languages.choose_language)
    csrf.init_app(app)
    account.login_manager.init_app(app)
    for part in (account, cart, catalogue, checkout, guide, languages, mail, phones):
        app.register_blueprint(part.bp)
    csrf.exempt(phones.bp)
    app.jinja_env.globals.update(
        _=languages._, get_locale=get_locale, languages=languages.LANGUAGES, pieces=cart.pieces
    )
    app.jinja_env.filters["money"] = lambda amount, currency="USD": format_currency(amount, currency)
    for status in (400, 403, 404):
        app.register_error_handler(status, show_error)
    wire_segments(app)
    return app


def demo_settings(folder: Path) -> dict[str, Any]:
    port = demo_port()
    return {
        **open_folder(folder),
        "SESSION_COOKIE_NAME": "freewheel",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Berlin",
        "MAIL_SERVER": os.environ.get("MAIL_SERVER", "127.0.0.1"),
        "MAIL_PORT": int(os.environ.get("MAIL_PORT") or port + 1),
        "MAIL_DEFAULT_SENDER": ("Freewheel", "news@freewheel.example.com"),
        "WSS_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "WSS_SHOP_NAME": "Freewheel",
        "WSS_SHOP_EMAIL": "office@freewheel.example.com",
        "WSS_SHOP_PHONE": "+4915123456799",
        "WSS_IMPRINT": "Freewheel (a demo), 1 Sample Lane, 10115 Berlin, Germany",
        "WSS_TWILIO_ACCOUNT": "AC" + "0" * 32,
        "WSS_TWILIO_SENDER": "+4915123456700",
    }


def wire_segments(app: Flask) -> None:
    """All that webshop_segments needs to know of this shop."""
    shop = SQLAlchemyShop(
        contacts=Columns(
            Customer,
            contact_ref="id",
            partner_ref="company_id",
            email="email",
            phone="phone",
            is_active="is_active",
            email_verified="email_verified",
            phone_verified="phone_verified",
            first_name="first_name",
            last_name="last_name",
            locale="locale",
            title="title",
        ),
        partners=companies_with_address(),
        orders=Columns(
            Order,
            order_ref="id",
            partner_ref="company_id",
            contact_ref="customer_id",
            placed_at="placed_at",
            total="total",
            currency="currency",
            state="state",
        ),
    )
    channels: dict[str, Channel] = {
        "email": MailAccountChannel.from_config(app.config),
        "sms": TwilioChannel(
            app.config["WSS_TWILIO_ACCOUNT"],
            app.config["WSS_TWILIO_TOKEN"],
            app.config["WSS_TWILIO_SENDER"],
            http_client=phones.StandInClient(app.config["WSS_PUBLIC_URL"]),
            per_second=20,
        ),
    }
    segments.init_app(app, db, shop=shop, channels=channels)
    storefront.profile_page(app, lambda: url_for("account.profile") if account.current_customer() else None)
    signals.consent_confirmed.connect(mark_verified, app)


def companies_with_address() -> Any:
    """Where a class and its columns are not enough, webshop_segments takes a SELECT with its names as labels."""
    return select(
        Company.id.label("partner_ref"),
        Company.name,
        Company.is_active,
        Company.kind,
        Company.tax_number,
        Company.created_at,
        Address.street,
        Address.postal_code,
        Address.city,
        Address.country,
    ).outerjoin(Address, (Address.company_id == Company.id) & (Address.kind == "main"))


def mark_verified(app: Flask, person_kind: str, person_ref: str, channel: str, address: str) -> None:
    """Whoever confirmed a consent has proved to own the address; the signal comes after the commit."""
    if person_kind != "contact" or channel not in ("email", "sms"):
        return
    column, verified = {
        "email": (Customer.email, Customer.email_verified),
        "sms": (Customer.phone, Customer.phone_verified),
    }[channel]
    with db.engine.begin() as connection:
        connection.execute(
            update(Customer).where(Customer.id == int(person_ref), column == address).values({verified: True})
        )


def show_error(error: HTTPException) -> ResponseReturnValue:
    return render_template("error.html", error=error), error.code or 500
