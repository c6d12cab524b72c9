"""A shop on Bootstrap, Flask-Login, Flask-WTF and a CSRF token in every form; the boxes are a field of its forms."""

from __future__ import annotations

from typing import Any

from flask import Flask, flash, redirect, render_template, url_for
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import EmailField, StringField
from wtforms.validators import DataRequired

from webshop_segments import Columns, MemoryChannel, SQLAlchemyShop, WebshopSegments, storefront


class RegistrationForm(storefront.ConsentFields, FlaskForm):
    consent_place = "registration"
    name = StringField("Name", validators=[DataRequired()])
    email = EmailField("E-mail", validators=[DataRequired()])
    phone = StringField("Phone")


class ProfileForm(storefront.ConsentFields, FlaskForm):
    consent_place = "profile"
    name = StringField("Name", validators=[DataRequired()])


class CheckoutForm(storefront.ConsentFields, FlaskForm):
    consent_place = "checkout"
    email = EmailField("E-mail", validators=[DataRequired()])


def create_app(database_url: str, **settings: Any) -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY="test",
        SQLALCHEMY_DATABASE_URI=database_url,
        WSS_PUBLIC_URL="https://bootstrap.example",
        WSS_KEYS="k1:" + "0123456789abcdef" * 3,
        WSS_SHOP_NAME="Bootstrap shop",
        **settings,
    )
    db = SQLAlchemy(app)
    CSRFProtect(app)
    logins = LoginManager(app)
    logins.login_view = "register"

    class Customer(db.Model, UserMixin):  # type: ignore[name-defined,misc]
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(80), nullable=False)
        email = db.Column(db.String(254), nullable=False)
        phone = db.Column(db.String(40))
        active = db.Column(db.Boolean, default=True, nullable=False)

    logins.user_loader(lambda key: db.session.get(Customer, int(key)))
    WebshopSegments(
        app,
        db,
        shop=SQLAlchemyShop(
            contacts=Columns(
                Customer, contact_ref="id", partner_ref="id", email="email", phone="phone", is_active="active"
            ),
            partners=Columns(Customer, partner_ref="id", name="name", is_active="active"),
        ),
        channels={"email": MemoryChannel("email"), "sms": MemoryChannel("sms")},
    )
    storefront.profile_page(app, lambda: url_for("profile") if current_user.is_authenticated else None)

    @app.route("/register", methods=["GET", "POST"])
    def register() -> Any:
        form = RegistrationForm()
        if not form.validate_on_submit():
            return render_template("form.html", form=form, title="Register"), 422 if form.errors else 200
        customer = Customer(name=form.name.data, email=form.email.data, phone=form.phone.data)
        db.session.add(customer)
        db.session.flush()
        outcome = form.record_consents(contact_ref=customer.id)
        db.session.commit()
        login_user(customer)
        flash(outcome.message or "Welcome")
        return redirect(url_for("profile"))

    @app.route("/profile", methods=["GET", "POST"])
    @login_required  # type: ignore[untyped-decorator]
    def profile() -> Any:
        form = ProfileForm(obj=current_user, contact_ref=current_user.id)
        if not form.validate_on_submit():
            return render_template("form.html", form=form, title="Profile"), 422 if form.errors else 200
        form.populate_obj(current_user)
        outcome = form.record_consents(contact_ref=current_user.id)
        db.session.commit()
        flash(outcome.message or "Saved")
        return redirect(url_for("profile"))

    @app.route("/checkout", methods=["GET", "POST"])
    def checkout() -> Any:
        known = current_user.id if current_user.is_authenticated else None
        form = CheckoutForm(obj=current_user, contact_ref=known)
        if not form.validate_on_submit():
            return render_template("form.html", form=form, title="Checkout"), 422 if form.errors else 200
        outcome = form.record_consents(contact_ref=known, guest=storefront.Guest(email=form.email.data))
        db.session.commit()
        flash(outcome.message or "Ordered")
        return redirect(url_for("checkout"))

    with app.app_context():
        db.create_all()
    return app
