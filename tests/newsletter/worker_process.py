"""A worker of the test shop in a process of its own, to be killed: database address, SMTP port, lease in seconds."""

from __future__ import annotations

import signal
import sys
import threading

from tests.shops import make_shop
from webshop_segments import EmailChannel
from webshop_segments.newsletter.engine.worker import Worker


def main() -> None:
    database_url, port, lease, schema = sys.argv[1:5]
    mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": int(port), "MAIL_SUPPRESS_SEND": False}
    shop = make_shop(database_url, schema=schema or None, config=mail)
    shop.plugin.channels["email"] = EmailChannel.from_config(shop.app.config)  # type: ignore[index]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with shop.app.app_context():
        print("ready", flush=True)
        Worker(shop.plugin, lease_seconds=float(lease), stop=stop).run(idle_seconds=0.1)


if __name__ == "__main__":
    main()
