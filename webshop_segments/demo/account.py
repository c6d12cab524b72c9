"""A customer's account: registration, login, profile. The shop owns Flask-Login; administrators come in elsewhere."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_login import LoginManager, current_user, login_required, login_user, logout_user
from sqlalchemy import func, select, update

from webshop_segments import storefront

from .forms import READING_LANGUAGES, LoginForm, ProfileForm, RegistrationForm
from .languages import _, local_path
from .models import Company, Customer, Order, db

bp = Blueprint("account", __name__)

login_manager = LoginManager()
login_manager.login_view = "account.login"
login_manager.login_message = "Please log in to see this page."
login_manager.localize_callback = _


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_customer(customer_id: str) -> Customer | None:
    customer = db.session.get(Customer, int(customer_id))
    return customer if customer is not None and customer.is_active else None


def current_customer() -> Customer | None:
    """Who is logged in, None for a guest."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def with_address(email: str | None) -> list[Customer]:
    """All accounts with an e-mail address; there may be several."""
    same = func.lower(Customer.email) == (email or "").lower()
    return list(db.session.scalars(select(Customer).where(same).order_by(Customer.id)))


@bp.route("/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    form = RegistrationForm()
    if form.validate_on_submit():
        if with_address(form.email.data):
            flash(_("With this address no new account can be made. If it is yours, log in, or write to us."))
            return render_template("register.html", form=form), 422
        customer = _new_customer(form)
        outcome = form.record_consents(contact_ref=customer.id)
        db.session.commit()
        login_user(customer)
        flash(outcome.message or _("Welcome, {name}!", name=customer.name))
        return redirect(url_for("account.profile"))
    return render_template("register.html", form=form), 422 if form.errors else 200


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    form = LoginForm()
    if form.validate_on_submit():
        for customer in with_address(form.email.data):
            if customer.has_password(form.password.data or "") and login_user(customer):
                session.pop("language", None)
                return redirect(local_path(request.args.get("next")))
        flash(_("The address or the password is not right. Please try again."))
        return render_template("login.html", form=form), 422
    return render_template("login.html", form=form), 422 if form.errors else 200


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    logout_user()
    return redirect(url_for("catalogue.index"))


@bp.route("/profile", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
def profile() -> ResponseReturnValue:
    customer = current_user._get_current_object()
    form = ProfileForm(obj=customer, contact_ref=customer.id)
    if form.validate_on_submit():
        if form.phone.data != customer.phone:
            customer.phone_verified = False
        form.populate_obj(customer)
        db.session.flush()
        outcome = form.record_consents(contact_ref=customer.id)
        db.session.commit()
        session.pop("language", None)
        flash(outcome.message or _("Your profile is saved."))
        return redirect(url_for("account.profile"))
    orders = db.session.scalars(
        select(Order).where(Order.customer_id == customer.id).order_by(Order.placed_at.desc()).limit(10)
    ).all()
    page = render_template("profile.html", form=form, orders=orders, reading_languages=READING_LANGUAGES)
    return page, 422 if form.errors else 200


@bp.post("/profile/delete")
@login_required  # type: ignore[untyped-decorator]
def delete() -> ResponseReturnValue:
    """Delete the account, and with a private customer her company; the orders stay, as tax law wants it."""
    customer = current_user._get_current_object()
    company = customer.company
    logout_user()
    db.session.execute(update(Order).where(Order.customer_id == customer.id).values(customer_id=None))
    storefront.forget(contact_ref=customer.id)
    db.session.delete(customer)
    if company.kind == "person":
        db.session.execute(update(Order).where(Order.company_id == company.id).values(company_id=None))
        storefront.forget(partner_ref=company.id)
        db.session.delete(company)
    db.session.commit()
    flash(_("Your account is deleted."))
    return redirect(url_for("catalogue.index"))


def _new_customer(form: RegistrationForm) -> Customer:
    """A private customer is a company of her own, of kind person."""
    customer = Customer(
        first_name=form.first_name.data,
        last_name=form.last_name.data,
        email=form.email.data,
        phone=form.phone.data,
        locale=str(get_locale()),
    )
    customer.set_password(form.password.data or "")
    customer.company = Company(kind="person", name=customer.name)
    db.session.add(customer)
    db.session.flush()
    return customer
