"""The cart, kept in the visitor's session."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from .languages import _
from .models import Product, db

MOST_OF_ONE = 99

bp = Blueprint("cart", __name__, url_prefix="/cart")


@dataclass(frozen=True)
class CartLine:
    product: Product
    quantity: int

    @property
    def total(self) -> Decimal:
        return self.product.price * self.quantity


@dataclass(frozen=True)
class Cart:
    lines: list[CartLine]

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal(0))


def cart() -> Cart:
    """The visitor's cart; products that are no longer sold have left it."""
    quantities = _quantities()
    products = db.session.scalars(
        select(Product).where(Product.id.in_([int(key) for key in quantities])).order_by(Product.name)
    )
    return Cart([CartLine(product, quantities[str(product.id)]) for product in products])


def pieces() -> int:
    """How many things lie in the cart, shown on every page."""
    return sum(_quantities().values())


def empty_cart() -> None:
    session.pop("cart", None)


@bp.get("")
def show() -> ResponseReturnValue:
    return render_template("cart.html", cart=cart())


@bp.post("/add/<int:product_id>")
def add(product_id: int) -> ResponseReturnValue:
    product = db.get_or_404(Product, product_id)
    _put(product.id, _quantities().get(str(product.id), 0) + _wanted())
    flash(_("“{name}” is in your cart.", name=product.name))
    return redirect(url_for("cart.show"))


@bp.post("/change/<int:product_id>")
def change(product_id: int) -> ResponseReturnValue:
    _put(product_id, 0 if "remove" in request.form else _wanted())
    return redirect(url_for("cart.show"))


def _quantities() -> dict[str, int]:
    return dict(session.get("cart", {}))


def _wanted() -> int:
    return max(0, request.form.get("quantity", 1, type=int))


def _put(product_id: int, quantity: int) -> None:
    quantities = _quantities()
    quantities[str(product_id)] = min(quantity, MOST_OF_ONE)
    session["cart"] = {key: number for key, number in quantities.items() if number > 0}
