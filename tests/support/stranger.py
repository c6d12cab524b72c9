"""A shop that knows the plugin only from its README: prints the page of the administrators' login.

usage: stranger.py DATABASE
"""

from __future__ import annotations

import re
import sys

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

from webshop_segments import Columns, SQLAlchemyShop, WebshopSegments

db = SQLAlchemy()


class User(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str | None]
    is_active: Mapped[bool]


app = Flask(__name__)
app.config.update(
    SECRET_KEY="a stranger's secret",
    SQLALCHEMY_DATABASE_URI=f"sqlite:///{sys.argv[1]}",
    WSS_PUBLIC_URL="https://shop.example",
    WSS_KEYS={"k1": "x" * 40},
)
db.init_app(app)
WebshopSegments(
    app,
    db,
    shop=SQLAlchemyShop(
        contacts=Columns(User, contact_ref="id", partner_ref="id", email="email", phone="phone", is_active="is_active"),
        partners=Columns(User, partner_ref="id", name="name", is_active="is_active"),
    ),
)
with app.app_context():
    db.create_all()
upgraded = app.test_cli_runner().invoke(args=["segments", "db", "upgrade"])
if upgraded.exit_code:
    sys.exit(f"{upgraded.output}\n{upgraded.exception!r}")
client = app.test_client()
page = client.get("/marketing/login")
for url in ["/marketing/login", *re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js))', page.text)]:
    with client.get(url) as answer:
        if answer.status_code != 200:
            sys.exit(f"{url} answered {answer.status}")
print(page.text)
