"""The pages about the demo: everything there is to click, who to log in as, and the privacy notice."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

bp = Blueprint("guide", __name__)

LOGINS = {
    "administrator": ("admin@example.com", "demo-admin"),
    "customer": ("customer@example.com", "demo-customer"),
}


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    """The notice that every consent text links to."""
    return render_template("privacy.html")


@bp.get("/demo/")
def index() -> ResponseReturnValue:
    return render_template("guide.html", logins=LOGINS)
