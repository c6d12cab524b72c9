"""The catalogue: products by category, page by page."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from .languages import later
from .models import Product, db

CATEGORIES = {
    "bikes": later("Bikes"),
    "components": later("Components"),
    "clothing": later("Clothing"),
    "accessories": later("Accessories"),
}
PRODUCTS_ON_A_PAGE = 24

bp = Blueprint("catalogue", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    category = request.args.get("category")
    products = select(Product).order_by(Product.name, Product.id)
    if category is not None:
        if category not in CATEGORIES:
            abort(404)
        products = products.where(Product.category == category)
    page = db.paginate(products, per_page=PRODUCTS_ON_A_PAGE)
    return render_template("catalogue.html", page=page, category=category, categories=CATEGORIES)


@bp.get("/product/<int:product_id>")
def product(product_id: int) -> ResponseReturnValue:
    found = db.get_or_404(Product, product_id)
    return render_template("product.html", product=found, categories=CATEGORIES)
