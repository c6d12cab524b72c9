"""A shop of hand-written HTML, without Bootstrap, WTForms or Flask-Login: its session says who is there."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask, flash, redirect, render_template, request, session, url_for
from flask_sqlalchemy import SQLAlchemy

from webshop_segments import Columns, MemoryChannel, SQLAlchemyShop, WebshopSegments, storefront


def create_app(database_url: str, **settings: Any) -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY="test",
        SQLALCHEMY_DATABASE_URI=database_url,
        WSS_PUBLIC_URL="https://plain.example",
        WSS_KEYS="k1:" + "0123456789abcdef" * 3,
        WSS_SHOP_NAME="Plain shop",
        WSS_URL_PREFIX="/news",
        **settings,
    )
    db = SQLAlchemy(app)

    class Person(db.Model):  # type: ignore[name-defined,misc]
        key = db.Column(db.Uuid, primary_key=True, default=uuid.uuid4)
        called = db.Column(db.String(80))
        mail = db.Column(db.String(254))
        mobile = db.Column(db.String(40))
        left = db.Column(db.Boolean, default=False, nullable=False)

    WebshopSegments(
        app,
        db,
        shop=SQLAlchemyShop(
            contacts=Columns(
                Person, contact_ref="key", partner_ref="key", email="mail", phone="mobile", is_active=~Person.left
            ),
            partners=Columns(Person, partner_ref="key", name="called", is_active=~Person.left),
        ),
        channels={"email": MemoryChannel("email"), "sms": MemoryChannel("sms")},
    )
    storefront.profile_page(app, lambda: url_for("profile") if "person" in session else None)

    def person() -> Any:
        return db.session.get(Person, uuid.UUID(session["person"])) if "person" in session else None

    @app.route("/register", methods=["GET", "POST"])
    def register() -> Any:
        if request.method == "GET" or not request.form["name"]:
            return render_template("register.html"), 422 if request.method == "POST" else 200
        new = Person(called=request.form["name"], mail=request.form["email"], mobile=request.form["phone"])
        db.session.add(new)
        db.session.flush()
        outcome = storefront.record("registration", contact_ref=new.key)
        db.session.commit()
        session["person"] = str(new.key)
        flash(outcome.message or "Welcome")
        return redirect(url_for("profile"))

    @app.route("/profile", methods=["GET", "POST"])
    def profile() -> Any:
        if person() is None:
            return redirect(url_for("register"))
        if request.method == "GET":
            return render_template("profile.html", person=person())
        person().called = request.form["name"]
        outcome = storefront.record("profile", contact_ref=person().key)
        db.session.commit()
        flash(outcome.message or "Saved")
        return redirect(url_for("profile"))

    @app.route("/checkout", methods=["GET", "POST"])
    def checkout() -> Any:
        if request.method == "GET":
            return render_template("checkout.html", person=person())
        if person() is not None:
            outcome = storefront.record("checkout", contact_ref=person().key)
        else:
            outcome = storefront.record("checkout", guest=storefront.Guest(email=request.form["email"]))
        db.session.commit()
        flash(outcome.message or "Ordered")
        return redirect(url_for("checkout"))

    with app.app_context():
        db.create_all()
    return app
