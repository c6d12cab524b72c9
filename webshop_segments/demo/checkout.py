"""Checkout: as a guest or logged in, with the consent boxes of webshop_segments in the shop's own form."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from webshop_segments import storefront

from .account import current_customer
from .cart import Cart, cart, empty_cart
from .forms import CheckoutForm, GuestCheckoutForm
from .models import Address, Customer, Order, OrderLine, db

bp = Blueprint("checkout", __name__)


@bp.route("/checkout", methods=["GET", "POST"])
def checkout() -> ResponseReturnValue:
    chosen = cart()
    if not chosen.lines:
        return redirect(url_for("cart.show"))
    customer = current_customer()
    form = _form_for(customer)
    if form.validate_on_submit():
        order = _place_order(form, customer, chosen)
        outcome = _record_consent(order, customer)
        db.session.commit()
        if outcome.message:
            flash(outcome.message)
        empty_cart()
        session["last_order"] = order.id
        return redirect(url_for("checkout.thanks"))
    return render_template("checkout.html", form=form, cart=chosen), 422 if form.errors else 200


@bp.get("/thanks")
def thanks() -> ResponseReturnValue:
    order = db.session.get(Order, session.get("last_order", 0))
    if order is None:
        return redirect(url_for("catalogue.index"))
    return render_template("thanks.html", order=order)


def _form_for(customer: Customer | None) -> CheckoutForm:
    if customer is None:
        return GuestCheckoutForm()
    return CheckoutForm(obj=customer.company.main_address, name=customer.name)


def _place_order(form: CheckoutForm, customer: Customer | None, chosen: Cart) -> Order:
    order = Order(total=chosen.total)
    if customer is not None:
        order.company_id, order.customer_id, order.email = customer.company_id, customer.id, customer.email
        if customer.company.main_address is None:
            customer.company.addresses.append(_address(form))
    form.populate_obj(order)
    order.lines = [
        OrderLine(
            product_id=line.product.id,
            name=line.product.name,
            quantity=line.quantity,
            unit_price=line.product.price,
            total=line.total,
        )
        for line in chosen.lines
    ]
    db.session.add(order)
    db.session.flush()
    return order


def _address(form: CheckoutForm) -> Address:
    return Address(
        street=form.street.data,
        postal_code=form.postal_code.data,
        city=form.city.data,
        country=form.country.data,
    )


def _record_consent(order: Order, customer: Customer | None) -> storefront.Outcome:
    if customer is not None:
        return storefront.record("checkout", contact_ref=customer.id)
    first_name, _, last_name = order.name.rpartition(" ")
    guest = storefront.Guest(email=order.email, first_name=first_name, last_name=last_name, locale=str(get_locale()))
    return storefront.record("checkout", guest=guest)
