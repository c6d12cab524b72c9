"""The test shop as a Celery worker imports it; the environment says where its database, mail server and broker are."""

from __future__ import annotations

import os

from celery import Celery

from tests.shops import make_shop
from webshop_segments import EmailChannel
from webshop_segments.tasks import install

mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": int(os.environ["TEST_MAIL_PORT"]), "MAIL_SUPPRESS_SEND": False}
shop = make_shop(os.environ["TEST_DATABASE_URL"], schema=os.environ["TEST_SCHEMA"] or None, config=mail)
shop.plugin.channels["email"] = EmailChannel.from_config(shop.app.config)  # type: ignore[index]

folder = os.environ["TEST_BROKER"]
celery_app = Celery("tests", broker="filesystem://")
celery_app.conf.update(
    broker_transport_options={"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder},
    broker_connection_retry_on_startup=True,
    worker_enable_remote_control=False,
)
install(celery_app, shop.app)

# A shop may well have used its database before the worker forks.
with shop.app.app_context():
    shop.db.session.execute(shop.db.select(shop.Customer)).first()
    shop.db.session.remove()
